package io.takhin.metadata;

import static org.awaitility.Awaitility.await;

import io.takhin.base.Clock;
import io.takhin.base.Threads;
import io.takhin.metadata.MetadataSettings.BrokerEndpoint;
import io.takhin.metadata.MetadataSettings.Timing;
import io.takhin.metadata.MetadataSettings.Voter;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.apache.kafka.common.protocol.ApiMessage;

/** Voters 1 to 3 on loopback ports in this process, and observers beside them. */
final class QuorumOfThree implements AutoCloseable {
    static final Duration PATIENCE = Duration.ofSeconds(40);

    private final IntFunction<Path> directories;
    private final List<Voter> voters = new ArrayList<>();
    private final Map<Integer, MetadataNode> running = new TreeMap<>();
    private final Queue<Throwable> faults = new ConcurrentLinkedQueue<>();
    private final Queue<IOException> diskFailures = new ConcurrentLinkedQueue<>();

    QuorumOfThree(Path directory) throws IOException {
        this(id -> directory.resolve("node-" + id));
    }

    /**
     * @param directories the data directory of each node, by its id
     */
    QuorumOfThree(IntFunction<Path> directories) throws IOException {
        this.directories = directories;
        for (int id = 1; id <= 3; id++) {
            voters.add(new Voter(id, "127.0.0.1", freePort()));
        }
    }

    MetadataNode start(int id) throws IOException {
        MetadataNode node =
                MetadataNode.open(settings(id), Clock.SYSTEM, -1, faults::add, diskFailures::add);
        node.start();
        running.put(id, node);
        return node;
    }

    /** Starts all three and waits until each sees all of them unfenced. */
    void startAll() throws Exception {
        for (int id = 1; id <= 3; id++) {
            start(id);
        }
        for (MetadataNode node : running.values()) {
            node.membership().ready().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        }
        await().atMost(PATIENCE)
                .until(() -> running.values().stream().allMatch(node -> alive(node) == 3));
    }

    static long alive(MetadataNode node) {
        return node.view().brokers().stream().filter(ClusterView.BrokerNode::alive).count();
    }

    void stop(int id) throws InterruptedException {
        node(id).stop();
        running.remove(id);
    }

    /** From the others' view this node dies now. */
    void cutOff(int id) {
        node(id).cutOff();
    }

    void loseDisk(int id) throws IOException {
        delete(nodeDirectory(id));
    }

    Path metadataOf(int id) {
        return nodeDirectory(id).resolve("__cluster_metadata-0");
    }

    void loseMetadata(int id) throws IOException {
        delete(metadataOf(id));
    }

    private static void delete(Path tree) throws IOException {
        try (Stream<Path> files = Files.walk(tree)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    boolean withholdsVotes(int id) {
        return Files.exists(nodeDirectory(id).resolve("votes-withheld"));
    }

    private Path nodeDirectory(int id) {
        return directories.apply(id);
    }

    MetadataNode node(int id) {
        return Objects.requireNonNull(running.get(id));
    }

    /** The active controller among these nodes, once there is exactly one; waits for it. */
    int leaderAmong(List<Integer> ids) {
        await().atMost(PATIENCE)
                .until(() ->
                        ids.stream().filter(id -> role(id) == Quorum.Role.LEADER).count() == 1);
        return ids.stream().filter(id -> role(id) == Quorum.Role.LEADER).findFirst().orElseThrow();
    }

    Quorum.Role role(int id) {
        return node(id).quorum().status().role();
    }

    <T extends ApiMessage> T ask(int id, ApiMessage request, Class<T> answer) throws Exception {
        return answer.cast(
                node(id).quorum()
                        .ask(request, request.highestSupportedVersion(), LoneNode.CALLER, 20_000)
                        .get(30, TimeUnit.SECONDS));
    }

    Queue<Throwable> faults() {
        return faults;
    }

    Queue<IOException> diskFailures() {
        return diskFailures;
    }

    private MetadataSettings settings(int id) {
        InetSocketAddress bind =
                voters.stream()
                        .filter(voter -> voter.id() == id)
                        .findFirst()
                        .map(voter -> new InetSocketAddress(voter.host(), voter.port()))
                        .orElse(null);
        return new MetadataSettings(
                id,
                null,
                nodeDirectory(id),
                voters,
                bind,
                new BrokerEndpoint("PLAINTEXT", "localhost", 9000 + id, null),
                Timing.cluster(),
                Map.of("default.replication.factor", "3"),
                SettingRules.NONE);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** All at once: the last ones alone would wait for a majority that does not come back. */
    @Override
    public void close() {
        List<Thread> stopping =
                running.values().stream()
                        .map(node -> Threads.startVirtual("stop", () -> stopOne(node)))
                        .toList();
        try {
            for (Thread thread : stopping) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void stopOne(MetadataNode node) {
        try {
            node.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
