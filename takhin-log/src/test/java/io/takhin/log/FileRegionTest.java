package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.FileRegion;
import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.SharedFile;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileRegionTest {
    @Test
    void bytesJustWrittenAreInThePageCacheHoweverOldTheirPlace(@TempDir Path directory)
            throws IOException {
        FileRegion region = region(directory, 100_000, 5000, 60_000, true);

        assertThat(region.mayBlock()).isFalse();
    }

    @Test
    void theTailIsNotAskedAbout(@TempDir Path directory) throws IOException {
        // A look at this one would fail: the file ends before it.
        FileRegion region = region(directory, 10, 5000, 60_000, false);

        assertThat(region.mayBlock()).isFalse();
    }

    private static FileRegion region(
            Path directory, int fileBytes, int position, int length, boolean old)
            throws IOException {
        Path path = directory.resolve("00000000000000000000.log");
        Files.write(path, new byte[fileBytes]);
        SharedFile file =
                new SharedFile(Directories.openFiles(1), directory, 0, PartitionFiles.LOG);
        return new FileRegion(
                file, FileChannel.open(path, StandardOpenOption.READ), position, length, old);
    }
}
