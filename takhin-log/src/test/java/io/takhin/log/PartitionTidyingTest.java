package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.file.PartitionFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PartitionTidyingTest {
    @TempDir Path directory;

    @Test
    void aReplacementLargerThanASegmentCanBeRemovesNothing() throws IOException {
        Path old = PartitionFiles.log(directory, 0);
        Files.write(old, new byte[] {1});
        Path swap = old.resolveSibling(old.getFileName() + PartitionFiles.SWAP);
        try (FileChannel channel =
                FileChannel.open(swap, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            // A hole: it takes a block of the disk.
            channel.write(ByteBuffer.allocate(1), 1L << 32);
        }

        assertThatThrownBy(() -> PartitionTidying.tidy(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(swap.toString());

        assertThat(old).exists();
        assertThat(swap).exists();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ".index.deleted",
                ".timeindex.deleted",
                ".txnindex.deleted",
                ".snapshot.deleted",
                ".log.swap.deleted"
            })
    void whatACrashLeftOfADeletedSegmentGoes(String suffix) throws IOException {
        Path left = Files.write(directory.resolve("00000000000000000007" + suffix), new byte[12]);

        PartitionTidying.tidy(directory);

        assertThat(left).doesNotExist();
    }
}
