package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Partitions that nobody uses cost no descriptor, and all of them come back after any end. */
@TakhinOnly
@EnabledOnOs(OS.LINUX)
class ManyPartitionsTest {
    private static final String TOPIC = "many";
    private static final int PARTITIONS = 2_000;
    private static final Duration REST_MAX = Duration.ofSeconds(30);

    /**
     * Bytes; the aim is 2 KB, and what the first partitions bring once is a tenth of it here.
     * docs/performance has the measured figures.
     */
    private static final long HEAP_MAX = 2_200;

    /** Rank, instances, bytes, class. */
    private static final Pattern HISTOGRAM_LINE =
            Pattern.compile(" *\\d+: +\\d+ +(?<bytes>\\d+) +(?<type>\\S+).*");

    /** The second one is what the collector fills gaps with. */
    private static final Set<String> OF_NOBODY =
            Set.of("[B", "jdk.internal.vm.FillerElement[]", "[Ljdk.internal.vm.FillerElement;");

    @TempDir private Path home;

    @Test
    @Timeout(150)
    void partitionsAtRestHoldNoDescriptorAndComeBackWithTheirRecords() throws Exception {
        TakhinProcess process = TakhinSetup.in(home).start();
        JavaClients clients = new JavaClients(process);
        clients.createTopic("another", 1);
        clients.fill("another", 1);
        long heapBefore = heap(process);
        clients.createTopic(TOPIC, PARTITIONS);
        sendToEach(clients, "first");
        assertThat(openSegments(process)).as("while they are written").isPositive();

        await("partitions at rest hold no descriptor")
                .atMost(REST_MAX)
                .until(() -> openSegments(process) == 0);
        assertThat((heap(process) - heapBefore) / PARTITIONS)
                .as("bytes of heap for a partition at rest")
                .isLessThan(HEAP_MAX);
        sendToEach(clients, "after the rest");
        process.stop();
        TakhinProcess second = process.restart();
        assertThat(openSegments(second)).as("after a clean start").isLessThan(PARTITIONS / 10);
        sendToEach(clients, "after the stop");
        second.kill();

        try (TakhinProcess _ = second.restart()) {
            assertThat(valuesByPartition(clients))
                    .hasSize(PARTITIONS)
                    .allSatisfy((_, values) ->
                            assertThat(values)
                                    .containsExactly("first", "after the rest", "after the stop"));
        }
    }

    private static void sendToEach(JavaClients clients, String value)
            throws InterruptedException, ExecutionException {
        try (Producer<String, String> producer =
                clients.producer("acks", "all", "batch.size", "1024")) {
            var sent =
                    IntStream.range(0, PARTITIONS)
                            .mapToObj(
                                    i -> producer.send(new ProducerRecord<>(TOPIC, i, null, value)))
                            .toList();
            for (var each : sent) {
                each.get();
            }
        }
    }

    private static Map<Integer, List<String>> valuesByPartition(JavaClients clients) {
        Map<Integer, List<String>> values = new HashMap<>();
        try (Consumer<String, String> consumer = clients.consumer()) {
            List<TopicPartition> all =
                    IntStream.range(0, PARTITIONS)
                            .mapToObj(i -> new TopicPartition(TOPIC, i))
                            .toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            for (ConsumerRecord<String, String> each : JavaClients.poll(consumer, 3 * PARTITIONS)) {
                values.merge(
                        each.partition(),
                        List.of(each.value()),
                        (before, next) -> Stream.concat(before.stream(), next.stream()).toList());
            }
        }
        return values;
    }

    /**
     * Bytes of live objects but for byte arrays: the Raft client's buffers among them are of 8 MiB,
     * and how many there are is nothing of the partitions'.
     */
    private static long heap(TakhinProcess process) throws IOException, InterruptedException {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        Process asked =
                new ProcessBuilder(
                                jcmd.toString(), Long.toString(process.pid()), "GC.class_histogram")
                        .redirectErrorStream(true)
                        .start();
        try (Stream<String> lines = asked.inputReader().lines()) {
            long bytes =
                    lines.map(HISTOGRAM_LINE::matcher)
                            .filter(Matcher::matches)
                            .filter(line -> !OF_NOBODY.contains(line.group("type")))
                            .mapToLong(line -> Long.parseLong(line.group("bytes")))
                            .sum();
            assertThat(asked.waitFor()).isZero();
            return bytes;
        }
    }

    /** Files of the topic's partitions that the process has open. */
    private static long openSegments(TakhinProcess process) throws IOException {
        Path descriptors = Path.of("/proc", Long.toString(process.pid()), "fd");
        try (Stream<Path> all = Files.list(descriptors)) {
            return all.filter(ManyPartitionsTest::isOfTopic).count();
        }
    }

    private static boolean isOfTopic(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().contains("/" + TOPIC + "-");
        } catch (IOException e) {
            // Closed since it was listed.
            return false;
        }
    }
}
