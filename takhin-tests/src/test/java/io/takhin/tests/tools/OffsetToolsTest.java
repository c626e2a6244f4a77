package io.takhin.tests.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.KafkaTools;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** kafka-get-offsets.sh and kafka-delete-records.sh. */
@BrokerTest
class OffsetToolsTest {
    private final KafkaTools tools;
    private final JavaClients clients;
    private final String topic = Fresh.name("offsets");

    OffsetToolsTest(Broker broker) {
        this.tools = new KafkaTools(broker);
        this.clients = new JavaClients(broker);
    }

    @BeforeEach
    void fiveRecordsASecondApart() throws Exception {
        clients.createTopic(topic, 2, "retention.ms", "-1");
        try (Producer<String, String> producer = clients.producer()) {
            for (int i = 0; i < 5; i++) {
                long timestamp = 1_600_000_000_000L + i * 1_000L;
                JavaClients.send(producer, new ProducerRecord<>(topic, 0, timestamp, null, "v"));
            }
        }
    }

    @Test
    void theEndIsTheDefault() {
        assertThat(offsets()).containsExactly(topic + ":0:5", topic + ":1:0");
    }

    @Test
    void everySpecialTimeHasItsOffset() {
        assertThat(offsets("--time", "earliest")).contains(topic + ":0:0");
        assertThat(offsets("--time", "latest")).contains(topic + ":0:5");
        assertThat(offsets("--time", "max-timestamp")).contains(topic + ":0:4");
        assertThat(offsets("--time", "-4")).contains(topic + ":0:0");
    }

    @Test
    void aTimeGivesTheFirstRecordNotBeforeIt() {
        assertThat(offsets("--time", "1600000002000")).contains(topic + ":0:2");
        assertThat(offsets("--time", "1600000002001")).contains(topic + ":0:3");
        assertThat(offsets("--time", "1600000000000")).contains(topic + ":0:0");
    }

    @Test
    void recordsBelowAnOffsetCanBeDeleted(@TempDir Path folder) throws Exception {
        Path file = folder.resolve("offsets.json");
        Files.writeString(
                file,
                """
                {"partitions": [{"topic": "%s", "partition": 0, "offset": 3}], "version": 1}
                """
                        .formatted(topic));

        tools.deleteRecords("--offset-json-file", file.toString()).succeeded();

        assertThat(offsets("--time", "earliest")).contains(topic + ":0:3");
        assertThat(offsets()).contains(topic + ":0:5");
    }

    private List<String> offsets(String... options) {
        String[] arguments = new String[options.length + 2];
        arguments[0] = "--topic";
        arguments[1] = topic;
        System.arraycopy(options, 0, arguments, 2, options.length);
        return tools.getOffsets(arguments).succeeded().lines();
    }
}
