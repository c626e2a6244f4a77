package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.SharedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class SyncfsTest {
    private static final Path DESCRIPTORS = Path.of("/proc/self/fd");

    @TempDir Path root;

    // The kernel tells of a failed write only to descriptors that were open then.
    @Test
    void oneDescriptorStaysOpenFromTheFirstSyncOn() throws IOException {
        OpenFiles openFiles = Directories.openFiles(10);
        SharedFile file = new SharedFile(openFiles, root, 0, PartitionFiles.LOG);
        file.acquireOrCreate();
        file.release();
        try (DiskSync disk = new DiskSync(new FlushRule(0, 0, 0, 1), openFiles)) {
            disk.sync(List.of(file), root);
            List<String> first = descriptorsOfRoot();
            assumeTrue(!first.isEmpty(), "no syncfs here");

            disk.sync(List.of(file), root);

            assertThat(descriptorsOfRoot()).isEqualTo(first).hasSize(1);
        }
        assertThat(descriptorsOfRoot()).isEmpty();
    }

    @Test
    void aPartitionThatWasDeletedMeanwhileIsNoFailure() throws IOException {
        OpenFiles openFiles = Directories.openFiles(10);
        SharedFile file = new SharedFile(openFiles, root, 0, PartitionFiles.LOG);
        file.acquireOrCreate();
        file.written();
        file.release();
        FlushPlan plan =
                new FlushPlan(
                        root.resolve("deleted-0"),
                        new LogView(List.of(), 0, 0, 0, 0),
                        0,
                        null,
                        false,
                        List.of(),
                        List.of(file),
                        List.of());
        try (DiskSync disk = new DiskSync(new FlushRule(0, 0, 0, 1), openFiles)) {
            disk.sync(List.of(plan), 0);
        }

        assertThat(file.isUnsynced()).isFalse();
    }

    private List<String> descriptorsOfRoot() throws IOException {
        try (Stream<Path> all = Files.list(DESCRIPTORS)) {
            return all.filter(this::isRoot).map(Path::toString).sorted().toList();
        }
    }

    private boolean isRoot(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).equals(root);
        } catch (IOException e) {
            // Closed meanwhile: the one that lists them.
            return false;
        }
    }
}
