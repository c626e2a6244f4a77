package io.takhin.log;

import io.takhin.log.file.PartitionFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.stream.Stream;
import java.util.zip.CRC32;

/**
 * The message formats of Kafka before 0.11 (magic 0 and 1, KIP-98's predecessors). Kafka 4 writes
 * none (KIP-724), but logs may hold them still. This program cannot read them, so it refuses a log
 * that does, before recovery takes them for garbage and cuts them off.
 *
 * <p>A message: offset (8 bytes), size of what follows (4), CRC-32 of what follows it (4), magic
 * (1), attributes (1), and more.
 */
final class OldRecordFormat {
    private static final int SIZE_AT = 8;
    private static final int CRC_AT = 12;
    private static final int MAGIC_AT = 16;
    private static final int HEADER_BYTES = 17;
    private static final int SIZE_MIN = 14;
    private static final int MAGIC_MAX = 1;
    private static final int PIECE_BYTES = 64 << 10;

    private OldRecordFormat() {}

    /**
     * Looks at the beginning of a log, where older formats come first. Most logs need no look: only
     * batches of the present format have leader epochs, so one that has them from its start on
     * holds nothing else.
     *
     * @param start the first offset that the log may hold, as far as is known
     */
    static void refuseAtStart(Path directory, LeaderEpochs epochs, long start) throws IOException {
        boolean known =
                !epochs.entries().isEmpty() && epochs.entries().getFirst().startOffset() <= start;
        if (known) {
            return;
        }
        Optional<Path> first = firstSegment(directory);
        if (first.isPresent()) {
            try (FileChannel channel = FileChannel.open(first.get(), StandardOpenOption.READ)) {
                refuseAt(channel, 0, channel.size(), first.get());
            }
        }
    }

    /**
     * @throws IOException with a text for the operator where an old message is at the position
     */
    static void refuseAt(FileChannel channel, long position, long end, Path file)
            throws IOException {
        if (isAt(channel, position, end)) {
            throw new IOException(
                    "%s holds records in a format older than Kafka 0.11 (at byte %d), which Takhin cannot read; it was left as it is. Start Apache Kafka on the directory again, copy the topic into a new one there, and delete the old one"
                            .formatted(file, position));
        }
    }

    private static boolean isAt(FileChannel channel, long position, long end) throws IOException {
        if (end - position < HEADER_BYTES) {
            return false;
        }
        ByteBuffer header = read(channel, position, HEADER_BYTES);
        int size = header.getInt(SIZE_AT);
        byte magic = header.get(MAGIC_AT);
        if (magic < 0 || magic > MAGIC_MAX || size < SIZE_MIN || size > end - position - CRC_AT) {
            return false;
        }
        long from = position + MAGIC_AT;
        return crc(channel, from, position + CRC_AT + size) == header.getInt(CRC_AT);
    }

    /** Piece by piece: garbage may claim to be as large as the file. */
    private static int crc(FileChannel channel, long from, long end) throws IOException {
        CRC32 crc = new CRC32();
        for (long at = from; at < end; at += PIECE_BYTES) {
            crc.update(read(channel, at, (int) Math.min(PIECE_BYTES, end - at)));
        }
        return (int) crc.getValue();
    }

    private static ByteBuffer read(FileChannel channel, long position, int bytes)
            throws IOException {
        ByteBuffer target = ByteBuffer.allocate(bytes);
        while (target.hasRemaining() && channel.read(target, position + target.position()) > 0) {
            // until all is there or the file ends
        }
        return target.position(0);
    }

    private static Optional<Path> firstSegment(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file ->
                            PartitionFiles.offsetOf(
                                            file.getFileName().toString(), PartitionFiles.LOG)
                                    >= 0)
                    .sorted()
                    .findFirst();
        }
    }
}
