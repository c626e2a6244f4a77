package io.takhin.log.checkpoint;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.NoSuchFileException;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.LongUnaryOperator;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Below which offset compaction may have taken some of a log's, whether its run got to the end or
 * not: a start after a crash looks for no loss there. Each log has it in its own directory, so that
 * it goes, comes back and is copied with what it explains.
 *
 * <p>The file is a line of text, the offset and its CRC-32C, always of the same size and smaller
 * than a sector. It is written in place: a power cut leaves the old or the new one, and a full disk
 * has room for it. It must not outlive a change of the log by Apache Kafka, which knows nothing of
 * it: Kafka deletes files of this ending when it opens a log.
 *
 * <p>Threads: any.
 */
public final class GapOffsets {
    public static final String NAME = "takhin.gap-offset.deleted";

    /** Of a file that was damaged: any offset may be missing. */
    public static final long UNKNOWN = Long.MAX_VALUE;

    private static final Logger log = LoggerFactory.getLogger(GapOffsets.class);

    /** What is told of a log before it is cut must not be written after that. */
    private final ReentrantLock lock = new ReentrantLock();

    /**
     * 0 where compaction was never about to take anything, {@link #UNKNOWN} where a damaged file
     * does not tell.
     */
    public static long read(Path directory) throws IOException {
        Path file = directory.resolve(NAME);
        if (!DurablePaths.exists(file)) {
            return 0;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            return read(channel, file);
        } catch (NoSuchFileException _) {
            return 0;
        }
    }

    private static long read(FileChannel channel, Path file) throws IOException {
        byte[] bytes = new byte[line(0).length];
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining() && channel.read(buffer, buffer.position()) > 0) {
            // until there is no more
        }
        if (isBlank(bytes)) {
            // A crash came before it was durable, and so before the run.
            return 0;
        }
        try {
            long offset = Long.parseLong(new String(bytes, 0, 19, StandardCharsets.US_ASCII));
            if (offset >= 0 && Arrays.equals(bytes, line(offset))) {
                return offset;
            }
        } catch (NumberFormatException e) {
            log.debug("{} has no number", file, e);
        }
        log.error("{} is damaged; any offset may be missing by compaction", file);
        return UNKNOWN;
    }

    private static boolean isBlank(byte[] bytes) {
        for (byte each : bytes) {
            if (each != 0) {
                return false;
            }
        }
        return true;
    }

    private static byte[] line(long offset) {
        String number = String.format(Locale.ROOT, "%019d", offset);
        CRC32C crc = new CRC32C();
        crc.update(number.getBytes(StandardCharsets.US_ASCII));
        String line = String.format(Locale.ROOT, "%s %08x\n", number, crc.getValue());
        return line.getBytes(StandardCharsets.US_ASCII);
    }

    /**
     * A log is going to be compacted: below the offset some will be missing. Durable when it
     * returns.
     *
     * @param below asked when no cut is on its way: what is behind one is not compacted; 0 where
     *     there is nothing to say
     * @throws ShortageException where there is no space or no descriptor for it
     */
    public void raise(Path directory, LongSupplier below) throws IOException {
        lock.lock();
        try {
            long offset = below.getAsLong();
            if (offset > 0) {
                change(
                        directory,
                        old -> Math.max(old, offset),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Takes what this start believed of a log for what the next one is to believe. Durable when it
     * returns.
     *
     * @throws ShortageException where there is no space or no descriptor for it
     */
    public void accept(Path directory, long below) throws IOException {
        lower(directory, below);
        raise(directory, () -> below);
    }

    /**
     * What is missing behind an offset from now on is not compaction's. Durable when it returns;
     * does nothing where the file says no more than that.
     *
     * @throws ShortageException where there is no space or no descriptor for it
     */
    public void lower(Path directory, long offset) throws IOException {
        lock.lock();
        try {
            if (read(directory) > offset) {
                change(
                        directory,
                        old -> Math.min(old, offset),
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE);
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void change(Path directory, LongUnaryOperator change, OpenOption... options)
            throws IOException {
        Path file = directory.resolve(NAME);
        try (FileChannel channel = FileChannel.open(file, options)) {
            long old = read(channel, file);
            long changed = change.applyAsLong(old);
            if (changed != old) {
                ByteBuffer line = ByteBuffer.wrap(line(changed));
                while (line.hasRemaining()) {
                    channel.write(line, line.position());
                }
            }
            // Also what a process wrote that was killed then.
            channel.force(true);
            DurablePaths.sync(directory);
        } catch (IOException e) {
            throw ShortageException.isCauseOf(e) ? new ShortageException(e) : e;
        }
    }
}
