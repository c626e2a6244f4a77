package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.Syncfs;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.ThinDisk;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A disk that cannot take what was written to many files, and says so to who syncs them. */
@EnabledOnOs(OS.LINUX)
class WriteBackErrorTest {
    private static final LogConfig CONFIG = Batches.config();
    private static final FlushRule TOGETHER = new FlushRule(0, 0, 0, 4);
    private static final int DISK_MEBIBYTES = 8;
    private static final int PARTITIONS = 6;
    private static final int RECORDS_EACH = 4;

    private ThinDisk disk;

    @BeforeEach
    void mount(@TempDir Path at) throws IOException, InterruptedException {
        disk = ThinDisk.mount(at, DISK_MEBIBYTES);
    }

    @AfterEach
    void unmount() throws InterruptedException {
        disk.unmount();
    }

    @Test
    void isHeardOnAFileSystemOfADisk() throws IOException {
        assertThat(isOnlineAfterWritingTooMuch(disk.root())).isFalse();
    }

    /** Of what lies below it, an overlay tells only who syncs the files. */
    @Test
    void isHeardThroughAnOverlay() throws IOException {
        assertThat(isOnlineAfterWritingTooMuch(disk.overlay())).isFalse();
    }

    @Test
    void decidesWhichFileSystemsAreSyncedAsAWhole() throws IOException {
        try (Syncfs ofDisk = Syncfs.open(disk.root());
                Syncfs ofOverlay = Syncfs.open(disk.overlay())) {
            assertThat(ofDisk).isNotNull();
            assertThat(ofOverlay).isNull();
        }
    }

    private static boolean isOnlineAfterWritingTooMuch(Path root) throws IOException {
        LogDirectory directory =
                LogDirectory.open(
                        root.resolve("data"),
                        Directories.settings(CONFIG, 1),
                        TOGETHER,
                        new ManualClock(Batches.NOW));
        try {
            List<PartitionLog> logs = new ArrayList<>();
            byte[] noise = new byte[900_000];
            new Random(1).nextBytes(noise);
            for (int i = 0; i < PARTITIONS; i++) {
                PartitionLog log =
                        directory.open(new TopicPartition("t", i), Uuid.ONE_UUID, CONFIG);
                for (int j = 0; j < RECORDS_EACH; j++) {
                    SimpleRecord record = new SimpleRecord(Batches.NOW, null, noise);
                    log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT);
                }
                logs.add(log);
            }
            directory.groupCommit().commitAndWait(logs);
            return directory.isOnline();
        } finally {
            directory.abandon();
        }
    }
}
