package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;
import static org.awaitility.Awaitility.await;

import io.takhin.metadata.MetadataSettings.Timing;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/**
 * One bit of one file of a lone node is another than was written: the node starts with every topic,
 * or not at all and names the file.
 */
class FlippedBitTest {
    private static final Duration SOON = Duration.ofSeconds(5);
    private static final List<String> TOPICS = List.of("first", "second", "third");

    /** How directories were left, and their names. */
    private static final List<String> LEFT = new ArrayList<>();

    @TempDir private static Path originals;
    @TempDir private Path directory;

    @BeforeAll
    static void leaveDirectories() throws Exception {
        leave("without a snapshot", Timing.alone().snapshotBytes());
        leave("with snapshots", 400);
    }

    /** One while the node runs, as a kill leaves it, and one after its stop. */
    private static void leave(String how, long snapshotBytes) throws Exception {
        Path here = originals.resolve(how);
        try (LoneNode node = LoneNode.start(settings(here, snapshotBytes), -1)) {
            for (String name : TOPICS) {
                node.ask(LoneNode.topic(name, 1), CreateTopicsResponseData.class);
                await().atMost(SOON).until(() -> node.view().topic(name) != null);
            }
            keep(here, "killed " + how);
        }
        keep(here, "stopped " + how);
    }

    private static void keep(Path here, String how) throws IOException {
        LoneNodeTest.copyTree(here, originals.resolve(how));
        LEFT.add(how);
    }

    private static MetadataSettings settings(Path directory, long snapshotBytes) {
        MetadataSettings settings = LoneNode.settings(directory, null, SettingRules.NONE);
        Timing timing = settings.timing();
        return new MetadataSettings(
                settings.nodeId(),
                settings.clusterId(),
                directory,
                settings.voters(),
                settings.raftBind(),
                settings.broker(),
                new Timing(
                        timing.fetchTimeout(),
                        timing.electionTimeout(),
                        timing.appendLinger(),
                        timing.session(),
                        timing.heartbeat(),
                        timing.idleRecords(),
                        snapshotBytes,
                        timing.snapshotAge()),
                settings.topicDefaults(),
                settings.rules());
    }

    @Seeded(runs = 40)
    void ofAnyFileHidesNoTopic(RandomGenerator random) throws Exception {
        check(random, "");
    }

    @Seeded(runs = 20)
    void ofTheMetadataLogHidesNoTopic(RandomGenerator random) throws Exception {
        check(random, ".log");
    }

    @Seeded(runs = 20)
    void ofASnapshotHidesNoTopic(RandomGenerator random) throws Exception {
        check(random, ".checkpoint");
    }

    private void check(RandomGenerator random, String ending) throws Exception {
        String how = LEFT.get(random.nextInt(LEFT.size()));
        LoneNodeTest.copyTree(originals.resolve(how), directory);
        List<Path> files = filesBelow(directory, ending);
        Path file = files.get(random.nextInt(files.size()));
        long bit = random.nextLong(Files.size(file) * 8);
        flip(file, bit);
        String what = "%s: bit %d of %s".formatted(how, bit, directory.relativize(file));

        try (LoneNode node = start(what, file)) {
            if (node != null) {
                for (String name : TOPICS) {
                    await(what + ", " + name).atMost(SOON).until(() -> isLed(node, name));
                }
                assertThat(node.faults()).as(what).isEmpty();
            }
        }
    }

    /** Null where it was refused, and the reason names the file. */
    private @Nullable LoneNode start(String what, Path damaged) {
        try {
            return LoneNode.start(directory);
        } catch (IOException e) {
            assertThat(e).as(what).hasMessageContaining(damaged.toString());
            return null;
        } catch (Exception e) {
            return fail(what, e);
        }
    }

    private static boolean isLed(LoneNode node, String name) {
        ClusterView.Topic topic = node.view().topic(name);
        return topic != null && topic.partitions().getFirst().leader() == 1;
    }

    private static void flip(Path file, long bit) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) (bit / 8)] ^= (byte) (1 << bit % 8);
        Files.write(file, bytes);
    }

    private static List<Path> filesBelow(Path directory, String ending) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            List<Path> found = new ArrayList<>();
            for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
                if (file.toString().endsWith(ending) && Files.size(file) > 0) {
                    found.add(file);
                }
            }
            return found;
        }
    }
}
