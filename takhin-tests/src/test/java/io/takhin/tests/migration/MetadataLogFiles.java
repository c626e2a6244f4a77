package io.takhin.tests.migration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The metadata log of a data directory whose broker does not run. */
final class MetadataLogFiles {
    private static final int OFFSET_DIGITS = 20;

    /** Of a batch: its first offset and the length of what follows (KIP-98). */
    private static final int HEAD_BYTES = 12;

    private static final int LENGTH_AT = 8;

    private final Path directory;

    MetadataLogFiles(Path dataDirectory) {
        directory = dataDirectory.resolve("__cluster_metadata-0");
    }

    /** Offset behind the last record in the latest snapshot. */
    long latestSnapshot() throws IOException {
        return offsetOf(Folders.files(directory, ".checkpoint").getLast());
    }

    /** Where the log's first file begins. */
    long start() throws IOException {
        return offsetOf(Folders.files(directory, ".log").getFirst());
    }

    /**
     * Leaves what is left when a file was begun at the latest snapshot and those before it have
     * been deleted since.
     *
     * @return bytes of record batches behind the snapshot
     */
    int deleteBeforeLatestSnapshot() throws IOException {
        long snapshot = latestSnapshot();
        List<Path> logs = Folders.files(directory, ".log");
        assertThat(logs).hasSize(1);
        byte[] kept = from(snapshot, Files.readAllBytes(logs.getFirst()));
        for (String kind : List.of(".log", ".index", ".timeindex", ".txnindex", ".snapshot")) {
            for (Path file : Folders.files(directory, kind)) {
                Files.delete(file);
            }
        }
        Files.write(directory.resolve("%020d.log".formatted(snapshot)), kept);
        return kept.length;
    }

    private static byte[] from(long offset, byte[] batches) {
        ByteBuffer bytes = ByteBuffer.wrap(batches);
        int at = 0;
        while (at < batches.length && bytes.getLong(at) < offset) {
            at += HEAD_BYTES + bytes.getInt(at + LENGTH_AT);
        }
        if (at < batches.length) {
            assertThat(bytes.getLong(at)).as("a batch begins at the snapshot").isEqualTo(offset);
        }
        return Arrays.copyOfRange(batches, at, batches.length);
    }

    private static long offsetOf(Path file) {
        return Long.parseLong(file.getFileName().toString().substring(0, OFFSET_DIGITS));
    }
}
