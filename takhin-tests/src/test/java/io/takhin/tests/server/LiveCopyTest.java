package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Threads;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A data directory copied with {@code tar} while the broker writes to it, metadata log and all: a
 * broker starts on the copy.
 */
@TakhinOnly
class LiveCopyTest {
    private static final int BEFORE = 2_000;

    @TempDir private Path home;
    @TempDir private Path elsewhere;

    // S86, S106
    @Test
    @Timeout(120)
    void hasWhatWasAcknowledgedBeforeItAndNothingElse() throws Exception {
        String topic = Fresh.name("copied");
        TakhinSetup setup = TakhinSetup.in(home);
        Set<String> before;
        Set<String> after;
        try (TakhinProcess process = setup.start();
                Producer<String, String> producer =
                        new JavaClients(process).producer("acks", "all", "linger.ms", "1")) {
            new JavaClients(process).createTopic(topic, 1, "segment.bytes", "1048576");
            AcknowledgedLoad load = new AcknowledgedLoad(topic);
            Thread sender = Threads.start("load", () -> load.run(producer));
            load.awaitAcknowledged(BEFORE);
            before = load.acknowledged();
            copyWithTar(setup.dataDirectory(), elsewhere);
            load.stop();
            sender.join(TimeUnit.SECONDS.toMillis(30));
            after = load.acknowledged();
        }

        TakhinSetup copied = setup.moved(elsewhere, setup.port());
        try (TakhinProcess process = copied.start()) {
            JavaClients clients = new JavaClients(process);
            TopicPartition partition = new TopicPartition(topic, 0);
            List<String> values = valuesOf(clients, partition);
            assertThat(values).isSorted().doesNotHaveDuplicates().containsAll(before);
            assertThat(after).containsAll(values);

            clients.fill(topic, 10);

            assertThat(valuesOf(clients, partition)).startsWith(values.toArray(String[]::new));
            String other = Fresh.name("made-on-the-copy");
            clients.createTopic(other, 1);
            clients.fill(other, 1);
        }
    }

    /** What changes while it is read, or is gone, is passed over, with the code 1. */
    private void copyWithTar(Path from, Path to) throws IOException, InterruptedException {
        Path archive = home.resolve("copy.tar");
        assertThat(tar("-cf", archive.toString(), "-C", from.getParent().toString(), "data"))
                .isBetween(0, 1);
        assertThat(tar("-xf", archive.toString(), "-C", to.toString())).isZero();
        assertThat(Files.isDirectory(to.resolve("data"))).isTrue();
    }

    private int tar(String... arguments) throws IOException, InterruptedException {
        List<String> command = new java.util.ArrayList<>(List.of("tar"));
        command.addAll(List.of(arguments));
        Process tar =
                new ProcessBuilder(command)
                        .redirectErrorStream(true)
                        .redirectOutput(home.resolve("tar.log").toFile())
                        .start();
        assertThat(tar.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return tar.exitValue();
    }

    private static List<String> valuesOf(JavaClients clients, TopicPartition partition) {
        int end;
        try (Consumer<String, String> consumer = clients.consumer()) {
            end = consumer.endOffsets(List.of(partition)).get(partition).intValue();
        }
        return clients.readAll(partition, end).stream().map(ConsumerRecord::value).toList();
    }
}
