package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the controller makes of a lone broker's replicas when it comes back (KIP-966): the epoch of
 * the last clean stop tells whether they are complete.
 */
class EligibleLeadersTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final String TOPIC = "orders";

    @TempDir private Path home;

    /** Of the topic's only partition, as one image after the other had it. */
    private final Queue<Replicas> seen = new ConcurrentLinkedQueue<>();

    /** The same, without what the stop at the end of the test changed. */
    private final List<Replicas> untilItLed = new ArrayList<>();

    private record Replicas(
            int leader, List<Integer> inSync, List<Integer> eligible, List<Integer> lastKnown) {
        static Replicas of(ClusterView.Partition partition) {
            return new Replicas(
                    partition.leader(),
                    List.copyOf(partition.inSync()),
                    List.copyOf(partition.eligibleLeaders()),
                    List.copyOf(partition.lastKnownEligibleLeaders()));
        }
    }

    private static final Replicas LED = new Replicas(1, List.of(1), List.of(), List.of());

    /** Records may be missing in it. */
    private static final Replicas NOT_ELIGIBLE = new Replicas(-1, List.of(), List.of(), List.of(1));

    @Test
    void afterACleanStopTheReplicaIsEligibleUntilItLeads() throws Exception {
        long epoch = createAndStop();

        start(home.resolve("data"), epoch);

        assertThat(untilItLed)
                .startsWith(new Replicas(-1, List.of(), List.of(1), List.of(1)))
                .doesNotContain(NOT_ELIGIBLE)
                .endsWith(LED);
    }

    @Test
    void afterAKillTheReplicaIsNotEligibleAndLeadsAllTheSame() throws Exception {
        Path copy = home.resolve("copy");
        try (LoneNode node = LoneNode.start(settings(home.resolve("data")), -1)) {
            create(node);
            copy(home.resolve("data"), copy);
        }

        start(copy, -1);

        assertThat(untilItLed).startsWith(LED).contains(NOT_ELIGIBLE).endsWith(LED);
    }

    @Test
    void theEpochOfAnEarlierCleanStopProvesNothing() throws Exception {
        long first = createAndStop();
        createAndStopNothing(first);

        start(home.resolve("data"), first);

        assertThat(untilItLed).contains(NOT_ELIGIBLE).endsWith(LED);
    }

    private long createAndStop() throws Exception {
        try (LoneNode node = LoneNode.start(settings(home.resolve("data")), -1)) {
            create(node);
            return node.node().membership().epoch();
        }
    }

    private void createAndStopNothing(long previousEpoch) throws Exception {
        LoneNode.start(settings(home.resolve("data")), previousEpoch).close();
    }

    private static void create(LoneNode node) throws Exception {
        node.ask(LoneNode.topic(TOPIC, 1), CreateTopicsResponseData.class);
        await().atMost(SOON).until(() -> replicas(node.view()).contains(LED));
    }

    /** Until it leads. */
    private void start(Path directory, long previousEpoch) throws Exception {
        try (LoneNode node =
                LoneNode.start(
                        settings(directory),
                        previousEpoch,
                        starting ->
                                starting.addListener((_, view) -> seen.addAll(replicas(view))))) {
            await().atMost(SOON).until(() -> replicas(node.view()).contains(LED));
            untilItLed.addAll(seen);
        }
    }

    private static List<Replicas> replicas(ClusterView view) {
        ClusterView.Topic topic = view.topic(TOPIC);
        return topic == null ? List.of() : topic.partitions().stream().map(Replicas::of).toList();
    }

    private static MetadataSettings settings(Path directory) {
        return LoneNode.settings(directory, null, SettingRules.NONE);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) {
                Files.copy(file, to.resolve(from.relativize(file).toString()));
            }
        }
    }
}
