package io.takhin.tests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.ForeignClient;
import io.takhin.tests.harness.Fresh;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The clients people have in other languages; their programs lie in {@code src/test/clients}. */
// S1
@BrokerTest
class ForeignClientTest {
    private final String bootstrap;
    private final String topic = Fresh.name("foreign");

    ForeignClientTest(Broker broker) {
        this.bootstrap = broker.bootstrap();
    }

    // S77
    @ParameterizedTest
    @CsvSource({
        "CONFLUENT_PYTHON, none",
        "CONFLUENT_PYTHON, gzip",
        "CONFLUENT_PYTHON, snappy",
        "CONFLUENT_PYTHON, lz4",
        "CONFLUENT_PYTHON, zstd",
        "KAFKA_PYTHON, none",
        "KAFKA_PYTHON, gzip",
        "KAFKA_PYTHON, snappy",
        "KAFKA_PYTHON, lz4",
        "KAFKA_PYTHON, zstd",
        "KAFKA_GO, none",
        "KAFKA_GO, gzip",
        "KAFKA_GO, snappy",
        "KAFKA_GO, lz4",
        "KAFKA_GO, zstd",
        "KAFKAJS, none",
        "KAFKAJS, gzip",
        "KAFKAJS, snappy",
        "KAFKAJS, zstd"
    })
    void readsWithKeysAndHeadersWhatItWroteInThisCodec(ForeignClient client, String codec) {
        assertThat(client.run(bootstrap, "codec", topic, codec).out()).endsWith("ok\n");
    }

    // S67
    @ParameterizedTest
    @EnumSource(names = {"CONFLUENT_PYTHON", "KAFKA_PYTHON", "KAFKA_GO", "KAFKAJS"})
    void sharesPartitionsAndCommitsInAGroup(ForeignClient client) {
        assertThat(client.run(bootstrap, "group", topic).out()).endsWith("ok\n");
    }

    @ParameterizedTest
    @EnumSource(names = {"CONFLUENT_PYTHON", "KAFKA_PYTHON", "KAFKA_GO", "KAFKAJS"})
    void createsAndDeletesTopics(ForeignClient client) {
        assertThat(client.run(bootstrap, "admin", topic).out()).endsWith("ok\n");
    }

    // S65, S66
    @Test
    void kafkaGoWorksWithTheSettingsOfTheManual() {
        assertThat(ForeignClient.KAFKA_GO.run(bootstrap, "manual", topic).out()).endsWith("ok\n");
    }

    // S78
    @Test
    void librdkafkaProducesIdempotently() {
        assertThat(ForeignClient.CONFLUENT_PYTHON.run(bootstrap, "idempotent", topic).out())
                .endsWith("ok\n");
    }

    // S77
    @ParameterizedTest
    @ValueSource(strings = {"none", "gzip", "snappy", "lz4", "zstd"})
    void kcatReadsWhatItWroteInThisCodec(String codec) {
        ForeignClient.KCAT.runWithInput(
                "a:one\nb:two\n", "-P", "-b", bootstrap, "-t", topic, "-K:", "-z", codec);

        String read =
                ForeignClient.KCAT
                        .run(
                                "-C",
                                "-b",
                                bootstrap,
                                "-t",
                                topic,
                                "-K:",
                                "-o",
                                "beginning",
                                "-e",
                                "-q")
                        .out();

        assertThat(read).isEqualTo("a:one\nb:two\n");
    }

    @Test
    void kcatListsBrokersAndTopics() {
        ForeignClient.KCAT.runWithInput("x\n", "-P", "-b", bootstrap, "-t", topic);

        String listed = ForeignClient.KCAT.run("-L", "-b", bootstrap).out();

        assertThat(listed).contains(bootstrap, "topic \"" + topic + "\" with 1 partitions");
    }

    @Test
    void kcatReadsAsAGroup() {
        ForeignClient.KCAT.runWithInput("one\ntwo\n", "-P", "-b", bootstrap, "-t", topic);

        String read =
                ForeignClient.KCAT
                        .run(
                                "-b",
                                bootstrap,
                                "-G",
                                Fresh.name("group"),
                                "-X",
                                "auto.offset.reset=earliest",
                                "-e",
                                "-q",
                                topic)
                        .out();

        assertThat(read).isEqualTo("one\ntwo\n");
    }
}
