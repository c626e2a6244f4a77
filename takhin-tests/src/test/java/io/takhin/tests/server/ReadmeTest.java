package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.ForeignClient;
import io.takhin.tests.harness.Http;
import io.takhin.tests.harness.KafkaTools;
import io.takhin.tests.harness.Program;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import io.takhin.tests.harness.ToolRun;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The lines that README.md gives to a newcomer, word by word but for the ports. */
@TakhinOnly
class ReadmeTest {
    private static final String GREETING = "Hello Takhin!";

    @TempDir private static Path home;

    private static TakhinProcess broker;

    @BeforeAll
    static void aBrokerWithTheShippedConfiguration() {
        broker = TakhinSetup.in(home).start();
    }

    @AfterAll
    static void stop() {
        broker.close();
    }

    // S9
    @Test
    void theBrokerIsStartedAsItSays() throws Exception {
        assertThat(linesWith("./takhin"))
                .contains("./takhin -config configs/takhin.yaml")
                .allMatch(line -> line.contains("./takhin -config configs/takhin.yaml"));
        assertThat(Program.root().resolve("configs/takhin.yaml")).isRegularFile();
    }

    // S9
    @Test
    void metricsAndHealthAnswerWhereItSays() throws Exception {
        List<String> lines = linesWith("curl ");

        assertThat(lines).hasSize(2);
        for (String line : lines) {
            assertThat(Http.get(onMyPorts(line.substring(line.indexOf("http")))).statusCode())
                    .as(line)
                    .isEqualTo(200);
        }
    }

    // S10
    @Test
    void theFirstMessageComesBackByKafkasTools() throws Exception {
        KafkaTools tools = new KafkaTools(broker);
        String produce = only(linesWith("kafka-console-producer.sh"));
        String consume = only(linesWith("kafka-console-consumer.sh"));

        assertThat(produce).startsWith("echo \"" + GREETING + "\" | ");
        tools.consoleProducer(GREETING + "\n", argumentsOf(produce)).succeeded();
        ToolRun read = tools.consoleConsumer(argumentsOf(consume, "--max-messages", "1"));

        assertThat(read.succeeded().lines()).containsExactly(GREETING);
    }

    // S10
    @Test
    void theFirstMessageComesBackByKcat() throws Exception {
        ForeignClient.KCAT.requireInstalled();
        List<String> lines = linesWith("kcat ");
        assertThat(lines).hasSize(2);

        shell(lines.get(0));

        assertThat(shell(lines.get(1)).lines()).contains(GREETING);
    }

    private static List<String> linesWith(String text) throws IOException {
        List<String> commands = new ArrayList<>();
        boolean inside = false;
        for (String line : Files.readAllLines(Program.root().resolve("README.md"))) {
            if (line.startsWith("```")) {
                inside = line.equals("```sh");
            } else if (inside && line.contains(text)) {
                commands.add(line);
            }
        }
        return commands;
    }

    private static String only(List<String> lines) {
        assertThat(lines).hasSize(1);
        return lines.getFirst();
    }

    private static String onMyPorts(String line) {
        TakhinSetup setup = broker.setup();
        return line.replace("localhost:9092", broker.bootstrap())
                .replace("localhost:9090", "127.0.0.1:" + setup.metricsPort())
                .replace("localhost:9091", "127.0.0.1:" + setup.healthPort());
    }

    /** What a line gives to the tool, but for the address, which the harness gives. */
    private static String[] argumentsOf(String line, String... more) {
        String address = " --bootstrap-server localhost:9092 ";
        assertThat(line).contains(address);
        String rest = line.substring(line.indexOf(address) + address.length());
        List<String> arguments = new ArrayList<>(Arrays.asList(rest.split(" ", -1)));
        arguments.addAll(List.of(more));
        return arguments.toArray(String[]::new);
    }

    private static String shell(String line) throws Exception {
        Path out = Files.createTempFile(home, "shell", ".out");
        Process shell =
                new ProcessBuilder("bash", "-c", onMyPorts(line))
                        .redirectErrorStream(true)
                        .redirectOutput(out.toFile())
                        .start();
        boolean ended = shell.waitFor(30, TimeUnit.SECONDS);
        if (!ended) {
            shell.destroyForcibly();
        }
        String printed = Files.readString(out, StandardCharsets.UTF_8);
        assertThat(ended && shell.exitValue() == 0).as("%s%n%s", line, printed).isTrue();
        return printed;
    }
}
