package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetAddress;
import java.net.UnknownHostException;
import org.junit.jupiter.api.Test;

class AdvertisedAddressCheckTest {
    private static final InetAddress LOOPBACK = address(127, 0, 0, 1);
    private static final InetAddress BROKER = address(10, 0, 0, 1);
    private static final InetAddress CLIENT = address(10, 0, 0, 2);

    @Test
    void localhostIsWrongForAClientElsewhere() {
        AdvertisedAddressCheck check = advertising("localhost", LOOPBACK);

        assertThat(check.warning(CLIENT, BROKER))
                .hasValueSatisfying(text ->
                        assertThat(text)
                                .contains("localhost", "10.0.0.2", "kafka.advertised.host"));
    }

    @Test
    void localhostIsRightForAClientOnTheSameMachine() {
        AdvertisedAddressCheck check = advertising("localhost", LOOPBACK);

        assertThat(check.warning(LOOPBACK, LOOPBACK)).isEmpty();
        assertThat(check.warning(BROKER, BROKER)).isEmpty();
    }

    @Test
    void anAddressOfTheNetworkIsRightForAll() {
        AdvertisedAddressCheck check = advertising("broker1", BROKER);

        assertThat(check.warning(CLIENT, BROKER)).isEmpty();
    }

    @Test
    void aNameThatNobodyKnowsIsWrongForAClientElsewhere() {
        AdvertisedAddressCheck check =
                AdvertisedAddressCheck.of(
                        "nowhere",
                        host -> {
                            throw new UnknownHostException(host);
                        });

        assertThat(check.warning(CLIENT, BROKER))
                .hasValueSatisfying(text -> assertThat(text).contains("cannot be resolved"));
        assertThat(check.warning(LOOPBACK, LOOPBACK)).isEmpty();
    }

    private static AdvertisedAddressCheck advertising(String host, InetAddress resolved) {
        return AdvertisedAddressCheck.of(host, _ -> new InetAddress[] {resolved});
    }

    private static InetAddress address(int... bytes) {
        byte[] raw = new byte[bytes.length];
        for (int i = 0; i < raw.length; i++) {
            raw[i] = (byte) bytes[i];
        }
        try {
            return InetAddress.getByAddress(raw);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }
}
