package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.fuzz.SocketFuzz;
import io.takhin.testkit.Seeded;
import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/** Bytes that are no Kafka: they cost their own connection, and nobody else notices. */
@BrokerTest
class GarbageTest {
    private static final int CLOSED_WITHIN_MILLIS = 10_000;
    private static final int ATTACKS_MAX = 2_000;

    private final Broker broker;
    private final JavaClients clients;

    GarbageTest(Broker broker) {
        this.broker = broker;
        this.clients = new JavaClients(broker);
    }

    @Test
    void aNegativeLengthClosesTheConnection() throws Exception {
        assertClosedAfter(ByteBuffer.allocate(8).putInt(-1).putInt(0).array());
    }

    @Test
    void aHugeLengthClosesTheConnection() throws Exception {
        assertClosedAfter(ByteBuffer.allocate(8).putInt(Integer.MAX_VALUE).putInt(0).array());
    }

    @Test
    void anUnknownApiClosesTheConnection() throws Exception {
        assertClosedAfter(
                frame(
                        ByteBuffer.allocate(10)
                                .putShort((short) 9_999)
                                .putShort((short) 0)
                                .putInt(1)
                                .putShort((short) -1)));
    }

    @Test
    void anUnknownVersionClosesTheConnection() throws Exception {
        assertClosedAfter(
                frame(
                        ByteBuffer.allocate(10)
                                .putShort((short) 3)
                                .putShort((short) 999)
                                .putInt(1)
                                .putShort((short) -1)));
    }

    @Test
    void aMillionElementsInATinyFrameCloseTheConnection() throws Exception {
        ByteBuffer metadata = ByteBuffer.allocate(14);
        metadata.putShort((short) 3)
                .putShort((short) 1)
                .putInt(1)
                .putShort((short) -1)
                .putInt(1_000_000);

        assertClosedAfter(frame(metadata));
    }

    @Test
    void aTlsGreetingClosesTheConnection() throws Exception {
        assertClosedAfter(
                new byte[] {
                    0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, (byte) 0xfc, 0x03, 0x03
                });
    }

    @Test
    void anHttpRequestClosesTheConnection() throws Exception {
        assertClosedAfter("GET / HTTP/1.1\r\nHost: x\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    // S74
    @Test
    void connectionsThatSayNothingAreHarmless() throws Exception {
        List<Socket> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 300; i++) {
                silent.add(connect());
            }

            assertStillServes();
        } finally {
            for (Socket socket : silent) {
                socket.close();
            }
        }
        assertStillServes();
    }

    @Test
    void halfAFrameHoldsNobodyUp() throws Exception {
        try (Socket half = connect()) {
            half.getOutputStream()
                    .write(ByteBuffer.allocate(6).putInt(1_000).putShort((short) 0).array());

            assertStillServes();
        }
    }

    @Seeded(runs = 5)
    void randomBytesHurtNobody(RandomGenerator random) throws Exception {
        for (int i = 0; i < 40; i++) {
            byte[] bytes = new byte[1 + random.nextInt(2_000)];
            random.nextBytes(bytes);
            if (bytes.length >= Integer.BYTES && random.nextBoolean()) {
                ByteBuffer.wrap(bytes).putInt(0, bytes.length - Integer.BYTES);
            }
            try (Socket socket = connect()) {
                socket.getOutputStream().write(bytes);
            }
        }

        assertStillServes();
    }

    /** A connection that asks between the attacks is answered after each, or this fails. */
    @Seeded(runs = 1)
    void theFuzzersAttacksHurtNobody(RandomGenerator random) throws Exception {
        String done =
                SocketFuzz.run(address(), random.nextLong(), ATTACKS_MAX, Duration.ofSeconds(5));

        assertThat(done).contains("attacks");
        assertStillServes();
    }

    private void assertClosedAfter(byte[] bytes) throws Exception {
        try (Socket socket = connect()) {
            socket.setSoTimeout(CLOSED_WITHIN_MILLIS);
            socket.getOutputStream().write(bytes);

            assertThat(firstByte(socket)).as("end of the stream").isEqualTo(-1);
        }
        assertStillServes();
    }

    /** A reset is as good an end as any. */
    private static int firstByte(Socket socket) throws IOException {
        try {
            return socket.getInputStream().read();
        } catch (SocketException _) {
            return -1;
        }
    }

    private void assertStillServes() throws Exception {
        String topic = Fresh.name("unharmed");
        clients.fill(topic, 3);
        assertThat(clients.readAll(new TopicPartition(topic, 0), 3)).hasSize(3);
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.connect(address(), 5_000);
        return socket;
    }

    private InetSocketAddress address() {
        String[] address = broker.bootstrap().split(":", -1);
        return new InetSocketAddress(address[0], Integer.parseInt(address[1]));
    }

    private static byte[] frame(ByteBuffer body) {
        return ByteBuffer.allocate(4 + body.capacity())
                .putInt(body.capacity())
                .put(body.flip())
                .array();
    }
}
