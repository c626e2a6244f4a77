package io.takhin.log;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.takhin.log.file.DeadFiles;
import io.takhin.log.file.Devices;
import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.SharedFile;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A partition's directory that is a link to another file system, or a mount point: one sync of the
 * data directory's file system says nothing of it.
 */
class OtherFileSystemTest {
    private static final FlushRule TOGETHER = new FlushRule(0, 0, 0, 1);

    @TempDir Path root;

    @Test
    void aLinkedPartitionIsFoundToLieElsewhere() throws IOException {
        Path shared = Path.of("/dev/shm");
        assumeTrue(Files.isWritable(shared), "no other file system here");
        assumeFalse(
                Files.getFileStore(shared).equals(Files.getFileStore(root)),
                "the same file system");
        Path elsewhere = Files.createTempDirectory(shared, "takhin");
        try {
            Path near = Files.createDirectory(root.resolve("near-0"));
            Path far = Files.createSymbolicLink(root.resolve("far-0"), elsewhere);
            Path file = Files.createFile(root.resolve("file"));
            Devices devices = Devices.of(root);

            assertThat(devices.kindOf(near)).isEqualTo(Devices.Kind.DIRECTORY);
            assertThat(devices.kindOf(far)).isEqualTo(Devices.Kind.DIRECTORY_ELSEWHERE);
            assertThat(devices.kindOf(file)).isEqualTo(Devices.Kind.NO_DIRECTORY);
            assertThat(devices.kindOf(root.resolve("none"))).isEqualTo(Devices.Kind.NO_DIRECTORY);

            ManualClock clock = new ManualClock(Batches.NOW);
            try (LogDirectory directory = Directories.open(root, Batches.config(), clock)) {
                PartitionLog log = requireNonNull(directory.get(new TopicPartition("far", 0)));
                assertThat(log.cleaning().openFiles().isElsewhere(far)).isTrue();
                assertThat(log.cleaning().openFiles().isElsewhere(near)).isFalse();
            }
        } finally {
            DeadFiles.remove(elsewhere);
        }
    }

    /** As on a simulated disk, or on Windows. */
    @Test
    void whereTheSystemNamesNoDeviceAllLiesTogether() throws IOException {
        Path data = new SimulatedDisk(RandomGenerator.getDefault()).root();
        Path near = Files.createDirectory(data.resolve("near-0"));
        Path file = Files.createFile(data.resolve("file"));
        Devices devices = Devices.of(data);

        assertThat(devices.kindOf(near)).isEqualTo(Devices.Kind.DIRECTORY);
        assertThat(devices.kindOf(file)).isEqualTo(Devices.Kind.NO_DIRECTORY);
        assertThat(devices.kindOf(data.resolve("none"))).isEqualTo(Devices.Kind.NO_DIRECTORY);
    }

    @Test
    void whatLiesElsewhereIsSyncedByItself() throws IOException {
        SimulatedDisk disk = new SimulatedDisk(RandomGenerator.getDefault());
        Path far = Files.createDirectory(disk.root().resolve("far-0"));
        OpenFiles openFiles = Directories.openFiles(10);
        openFiles.noteElsewhere(far);
        List<SharedFile> files = List.of(written(openFiles, root), written(openFiles, far));
        List<String> synced = new ArrayList<>();
        disk.gateSyncs(path -> synced.add(path.getFileName().toString()));

        try (DiskSync sync = new DiskSync(TOGETHER, openFiles)) {
            sync.sync(files, root);
            List<String> atRest = List.copyOf(synced);
            write(files.get(1));
            sync.sync(
                    List.of(
                            new FlushPlan(
                                    root,
                                    new LogView(List.of(), 0, 0, 0, 0),
                                    0,
                                    null,
                                    false,
                                    List.of(),
                                    files,
                                    List.of(far))),
                    0);

            assertThat(atRest).containsExactly("00000000000000000000.log");
            assertThat(synced)
                    .containsExactly(
                            "00000000000000000000.log", "00000000000000000000.log", "far-0");
        }
        assertThat(files).allMatch(SharedFile::isKnownSynced);
    }

    private static SharedFile written(OpenFiles openFiles, Path directory) throws IOException {
        SharedFile file = new SharedFile(openFiles, directory, 0, PartitionFiles.LOG);
        write(file);
        return file;
    }

    private static void write(SharedFile file) throws IOException {
        file.acquireOrCreate();
        file.written();
        file.release();
    }
}
