package io.takhin.tests.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.KafkaTools;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** kafka-console-producer.sh and kafka-console-consumer.sh: the first thing anybody tries. */
@BrokerTest
class ConsoleToolsTest {
    private static final String PATIENCE_MILLIS = "15000";

    private final KafkaTools tools;
    private final String topic = Fresh.name("console");

    ConsoleToolsTest(Broker broker) {
        this.tools = new KafkaTools(broker);
    }

    // S10
    @Test
    void theFirstMessageCreatesItsTopicAndIsReadFromTheBeginning() {
        tools.consoleProducer("Hello, Takhin!\n", "--topic", topic).succeeded();

        assertThat(read(1)).containsExactly("Hello, Takhin!");
    }

    // S60, S61
    @Test
    void linesComeOutAsTheyWentIn() {
        tools.consoleProducer("one\ntwo\nthree\n", "--topic", topic).succeeded();

        assertThat(read(3)).containsExactly("one", "two", "three");
    }

    // S60, S61
    @Test
    void keysAreTakenFromTheLineAndPrintedAgain() {
        String[] keyed = {
            "--reader-property", "parse.key=true", "--reader-property", "key.separator=:"
        };
        String[] printed = {
            "--formatter-property", "print.key=true", "--formatter-property", "key.separator=:"
        };

        tools.consoleProducer("user1:a\nuser2:b\n", with(keyed, "--topic", topic)).succeeded();

        assertThat(read(2, printed)).containsExactlyInAnyOrder("user1:a", "user2:b");
    }

    // S61
    @Test
    void aGroupGoesOnWhereItStopped() {
        String group = Fresh.name("group");
        tools.consoleProducer("one\ntwo\n", "--topic", topic).succeeded();
        assertThat(read(2, "--group", group)).containsExactly("one", "two");

        tools.consoleProducer("three\n", "--topic", topic).succeeded();

        assertThat(read(1, "--group", group)).containsExactly("three");
    }

    // S61
    @Test
    void readsOnePartitionFromAnOffset() {
        tools.consoleProducer("one\ntwo\nthree\n", "--topic", topic).succeeded();

        List<String> read =
                consume(1, "--topic", topic, "--partition", "0", "--offset", "2").lines().toList();

        assertThat(read).containsExactly("three");
    }

    // S77
    @Test
    void everyCodecIsTakenFromTheConsoleProducer() {
        List<String> codecs = List.of("none", "gzip", "snappy", "lz4", "zstd");

        codecs.forEach(codec ->
                tools.consoleProducer(codec + "\n", "--topic", topic, "--compression-codec", codec)
                        .succeeded());

        assertThat(read(codecs.size())).containsExactlyElementsOf(codecs);
    }

    @Test
    void headersAndTimestampsArePrinted() {
        tools.consoleProducer(
                        "h1:v1\tbody\n",
                        "--topic",
                        topic,
                        "--reader-property",
                        "parse.headers=true")
                .succeeded();

        List<String> read =
                read(
                        1,
                        "--formatter-property",
                        "print.headers=true",
                        "--formatter-property",
                        "print.timestamp=true");

        assertThat(read).singleElement().asString().matches("CreateTime:\\d{13}\th1:v1\tbody");
    }

    private List<String> read(int count, String... options) {
        return consume(count, with(options, "--topic", topic, "--from-beginning")).lines().toList();
    }

    private String consume(int count, String... options) {
        String[] bounded =
                with(
                        options,
                        "--max-messages",
                        Integer.toString(count),
                        "--timeout-ms",
                        PATIENCE_MILLIS);
        return tools.consoleConsumer(bounded).succeeded().out();
    }

    private static String[] with(String[] options, String... more) {
        return Stream.of(options, more).flatMap(Stream::of).toArray(String[]::new);
    }
}
