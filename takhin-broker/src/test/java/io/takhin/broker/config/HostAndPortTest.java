package io.takhin.broker.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HostAndPortTest {
    @ParameterizedTest
    @CsvSource({"broker1:7946, broker1, 7946", "[::1]:1, ::1, 1", "0.0.0.0:0, 0.0.0.0, 0"})
    void anAddressReadsAsItIsWritten(String text, String host, int port) {
        HostAndPort parsed = HostAndPort.parse(text);

        assertThat(parsed).isEqualTo(new HostAndPort(host, port));
        assertThat(parsed).hasToString(text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "host", ":1", "host:", "host:x", "host:65536", "::1:1", "h:-1"})
    void anythingElseIsRefused(String text) {
        assertThatThrownBy(() -> HostAndPort.parse(text)).hasMessageContaining("must be host:port");
    }
}
