package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.takhin.base.Clock;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.metadata.util.BatchFileReader;
import org.apache.kafka.server.common.OffsetAndEpoch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StopSnapshotTest {
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int MANY = StopSnapshot.RECORDS_MIN;

    @TempDir private Path directory;

    @Test
    void aStopAfterManyChangesLeavesTheWholeStateInASnapshot() throws Exception {
        createAndStop(MANY);

        assertThat(snapshots()).hasSize(1);
        assertThat(partitionsIn(snapshots().getFirst()))
                .hasSize(MANY)
                // The stop itself is in it.
                .allSatisfy(partition -> assertThat(partition.leader()).isEqualTo(-1));
    }

    @Test
    void theNextStartNeedsNothingFromBeforeTheSnapshot() throws Exception {
        createAndStop(MANY);
        MetadataLog log = MetadataLog.open(directory, Clock.SYSTEM);
        OffsetAndEpoch snapshot = log.latestSnapshotId().orElseThrow();
        assertThat(log.deleteBeforeSnapshot(snapshot)).isTrue();
        assertThat(log.startOffset()).isEqualTo(snapshot.offset());
        log.close();

        assertAllAreLedAgain(MANY);
    }

    @Test
    void aStopAfterFewChangesWritesNone() throws Exception {
        createAndStop(3);
        assertThat(snapshots()).isEmpty();

        createAndStopNothing();
        assertThat(snapshots()).isEmpty();
    }

    @Test
    void anotherStopWritesOneOnlyWhenMuchHasChangedSince() throws Exception {
        createAndStop(MANY * 2);
        Path first = snapshots().getFirst();

        createAndStopNothing();

        // The restart alone changed every partition twice.
        assertThat(snapshots()).hasSize(2).contains(first);
    }

    @Test
    void aStopThatWasKilledWhileItWroteTheSnapshotLosesNothing() throws Exception {
        createAndStop(MANY);
        Path whole = snapshots().getFirst();
        Path part = whole.resolveSibling(partName(whole));
        Files.move(whole, part);
        Files.setPosixFilePermissions(part, PosixFilePermissions.fromString("rw-------"));
        try (FileChannel half = FileChannel.open(part, StandardOpenOption.WRITE)) {
            half.truncate(half.size() / 2);
        }

        assertAllAreLedAgain(MANY);
        assertThat(part).doesNotExist();
    }

    @Test
    void aSnapshotThatCannotBeWrittenDoesNotHoldUpTheStop() throws Exception {
        LoneNode node = LoneNode.start(directory);
        node.ask(LoneNode.topic("many", MANY), CreateTopicsResponseData.class);
        // Where the file should come to lie there is a directory that is not empty.
        long end = node.node().view().offset();
        for (long offset = end; offset < end + 4 * MANY; offset++) {
            Files.createDirectories(metadata().resolve(name(offset)).resolve("taken"));
        }

        node.close();

        assertThat(node.faults()).isEmpty();
        assertThat(snapshots()).allMatch(Files::isDirectory);
    }

    /** As Kafka's writer names what is not whole yet. */
    private static String partName(Path snapshot) {
        return snapshot.getFileName().toString().replace(".checkpoint", "123.checkpoint.part");
    }

    private static String name(long offset) {
        return "%020d-%010d.checkpoint".formatted(offset, 1);
    }

    private void createAndStop(int partitions) throws Exception {
        try (LoneNode node = LoneNode.start(directory)) {
            node.ask(LoneNode.topic("many", partitions), CreateTopicsResponseData.class);
        }
    }

    private void createAndStopNothing() throws Exception {
        LoneNode.start(directory).close();
    }

    private void assertAllAreLedAgain(int partitions) throws Exception {
        try (LoneNode node = LoneNode.start(directory)) {
            await().atMost(SOON).until(() -> ledBy(node, "many") == partitions);
            assertThat(node.faults()).isEmpty();
        }
    }

    private static long ledBy(LoneNode node, String name) {
        ClusterView.Topic topic = node.view().topic(name);
        return topic == null
                ? 0
                : topic.partitions().stream().filter(each -> each.leader() == 1).count();
    }

    private Path metadata() {
        return directory.resolve("__cluster_metadata-0");
    }

    private List<Path> snapshots() throws IOException {
        try (Stream<Path> files = Files.list(metadata())) {
            return files.filter(file -> file.toString().endsWith(".checkpoint")).sorted().toList();
        }
    }

    /** By Kafka's own reader. */
    private static List<PartitionRecord> partitionsIn(Path snapshot) throws Exception {
        List<PartitionRecord> found = new ArrayList<>();
        try (BatchFileReader reader =
                new BatchFileReader.Builder().setPath(snapshot.toString()).build()) {
            while (reader.hasNext()) {
                BatchFileReader.BatchAndType next = reader.next();
                if (!next.isControl()) {
                    next.batch().records().stream()
                            .map(record -> record.message())
                            .filter(PartitionRecord.class::isInstance)
                            .map(PartitionRecord.class::cast)
                            .forEach(found::add);
                }
            }
        }
        return found;
    }
}
