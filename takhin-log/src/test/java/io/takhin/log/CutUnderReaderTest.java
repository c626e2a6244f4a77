package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** Somebody reads a log, without its lock, while a cut of it has changed some files and not all. */
class CutUnderReaderTest {
    private static final int RECORDS = 20;

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path directory = disk.root().resolve("__cluster_metadata-0");

    private PartitionLog open(long segmentBytes) throws IOException {
        PartitionLog log =
                PartitionLog.open(
                        directory,
                        new TopicPartition("__cluster_metadata", 0),
                        Uuid.METADATA_TOPIC_ID,
                        Batches.config(segmentBytes, 0),
                        new ManualClock(Batches.NOW));
        for (int i = 0; i < RECORDS; i++) {
            log.appendAsFollower(Batches.replicated(i, 1, "value-" + i));
        }
        log.flush();
        return log;
    }

    /**
     * What who reads the last record gets when the first sync of the cut, of such a path, waits.
     */
    private LogRead readDuring(
            Consumer<PartitionLog> cut, PartitionLog log, Predicate<Path> firstSync)
            throws Exception {
        CompletableFuture<LogRead> read = new CompletableFuture<>();
        disk.gateSyncs(path -> {
            if (firstSync.test(path)) {
                disk.gateSyncs(_ -> {});
                Thread reader =
                        Thread.ofPlatform()
                                .start(() ->
                                        read.completeAsync(
                                                () -> log.read(RECORDS - 1, 1, true, RECORDS),
                                                Runnable::run));
                while (reader.isAlive() && reader.getState() != Thread.State.WAITING) {
                    Thread.onSpinWait();
                }
            }
        });
        cut.accept(log);
        return read.get();
    }

    @Test
    void learnsThatTheLogWasEmptied() throws Exception {
        // The first file that is gone is that of the last record.
        PartitionLog log = open(400);

        LogRead read =
                readDuring(
                        cut -> cut.truncateFullyAndStartAt(100),
                        log,
                        path -> path.equals(directory));

        assertThat(read).isEqualTo(new LogRead.OutOfRange(100, 100));
        log.appendAsFollower(Batches.replicated(100, 2, "x"));
        assertThat(Batches.all(log)).containsExactly("100=x");
    }

    @Test
    void learnsThatTheEndWasCutOff() throws Exception {
        PartitionLog log = open(1 << 20);

        LogRead read =
                readDuring(cut -> cut.truncateTo(3), log, path -> path.toString().endsWith(".log"));

        assertThat(read).isEqualTo(new LogRead.OutOfRange(0, 3));
        log.appendAsFollower(Batches.replicated(3, 2, "x"));
        assertThat(Batches.all(log)).endsWith("3=x").hasSize(4);
    }
}
