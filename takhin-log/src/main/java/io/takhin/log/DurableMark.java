package io.takhin.log;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.base.Clock;
import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.PartitionFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How much of a lone log was durable once, kept beside it, so that damage can be told from what a
 * power cut tore: below the mark every batch was on the disk. It is written without a sync after
 * each flush and synced now and then: a kill leaves it exact, a power cut leaves an earlier one.
 *
 * <p>The file must not outlive a change of the log by Apache Kafka, which knows nothing of it:
 * Kafka deletes files of this ending when it opens a log.
 *
 * <p>Two slots of a sector each, written in turn: one is always whole.
 *
 * <p>Threads: any.
 */
public final class DurableMark implements AutoCloseable {
    /** The name of its file. */
    public static final String NAME = "takhin.durable-end.deleted";

    private static final Logger log = LoggerFactory.getLogger(DurableMark.class);
    private static final int SLOT_BYTES = 512;
    private static final int SLOTS = 2;
    private static final long SYNC_NANOS = Duration.ofSeconds(5).toNanos();

    private final Path directory;
    private final Path file;
    private final Clock clock;
    private final ReentrantLock lock = new ReentrantLock();

    /** Null where nothing is known. */
    @GuardedBy("lock")
    private @Nullable DurableEnd end;

    /** Null until there is something to write. */
    @GuardedBy("lock")
    private @Nullable FileChannel channel;

    @GuardedBy("lock")
    private int nextSlot;

    @GuardedBy("lock")
    private long syncedNanos;

    @GuardedBy("lock")
    private boolean unsynced;

    /** The file's name may not be on the disk. */
    @GuardedBy("lock")
    private boolean unnamed;

    /** After an error: what is on the disk stays true, and is not renewed. */
    @GuardedBy("lock")
    private boolean abandoned;

    private DurableMark(Path directory, Clock clock, @Nullable DurableEnd end) {
        this.directory = directory;
        this.file = directory.resolve(NAME);
        this.clock = clock;
        this.end = end;
        this.syncedNanos = clock.nanos();
    }

    /** Reads the mark beside a log, whose directory may not be there yet. */
    public static DurableMark read(Path directory, Clock clock) throws IOException {
        ByteBuffer bytes;
        try {
            bytes = ByteBuffer.wrap(Files.readAllBytes(directory.resolve(NAME)));
        } catch (NoSuchFileException e) {
            return new DurableMark(directory, clock, null);
        }
        DurableEnd latest = null;
        for (int slot = 0; slot < SLOTS && slot * SLOT_BYTES < bytes.capacity(); slot++) {
            DurableEnd found = DurableEnd.decode(bytes.position(slot * SLOT_BYTES));
            latest =
                    latest == null || (found != null && found.offset() > latest.offset())
                            ? found
                            : latest;
        }
        return new DurableMark(directory, clock, latest);
    }

    /** Below this every batch of the log was durable; 0 where nothing is known. */
    public long offset() {
        lock.lock();
        try {
            return end == null ? 0 : end.offset();
        } finally {
            lock.unlock();
        }
    }

    /**
     * Holds the log's batches below the mark against their checksums, before anybody recovers it.
     * Where the log is shorter than it was, there is nothing to hold against: that comes of a copy
     * that was made while the log grew, and not of damage to what is there.
     *
     * @param from records below this offset are not needed; segments of such alone are not read
     * @throws DamagedLogException when what is there is not what was written
     */
    public void check(long from) throws IOException {
        lock.lock();
        try {
            if (end != null && !isReached(end)) {
                log.warn(
                        "{} ends before offset {}, which was on the disk once: it is taken for a"
                                + " copy of a log that grew meanwhile",
                        directory,
                        end.offset());
                // Or it would be believed again once the log has grown as far.
                forget();
            }
            if (end != null && end.offset() > from) {
                check(from, end);
            }
        } finally {
            lock.unlock();
        }
    }

    /**
     * Opens the log; of what lies below the mark only what is needed is looked at again.
     *
     * @param onFailure told once of the error that takes the log offline, by the thread that met it
     */
    public PartitionLog openLog(
            TopicPartition partition,
            Uuid topicId,
            LogConfig config,
            Consumer<IOException> onFailure)
            throws IOException {
        LoneHost host = new LoneHost(clock, onFailure);
        return LoneHost.open(directory, partition, topicId, config, host, offset());
    }

    private boolean isReached(DurableEnd end) throws IOException {
        Path segment = PartitionFiles.log(directory, end.segment());
        return DurablePaths.exists(segment) && Files.size(segment) >= end.position();
    }

    private void check(long from, DurableEnd end) throws IOException {
        List<Long> segments = segments();
        int first = 0;
        while (first + 1 < segments.size() && segments.get(first + 1) <= from) {
            first++;
        }
        WholeBatches batches = new WholeBatches(segments.get(first));
        int last = segments.indexOf(end.segment());
        for (long base : segments.subList(first, Math.max(first, last + 1))) {
            Path segment = PartitionFiles.log(directory, base);
            if (base != batches.nextOffset()) {
                throw new DamagedLogException(segment, 0, batches.nextOffset());
            }
            batches.check(segment, base == end.segment() ? end.position() : Files.size(segment));
        }
        if (batches.nextOffset() != end.offset()
                || (batches.latestEpoch() >= 0 && batches.latestEpoch() != end.epoch())) {
            throw new DamagedLogException(
                    PartitionFiles.log(directory, end.segment()),
                    batches.lastPosition(),
                    end.offset() - 1);
        }
    }

    private List<Long> segments() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(each ->
                            PartitionFiles.offsetOf(
                                    each.getFileName().toString(), PartitionFiles.LOG))
                    .filter(base -> base >= 0)
                    .sorted()
                    .toList();
        }
    }

    /** The log has been flushed. */
    public void advance(PartitionLog flushed) {
        LogView view = flushed.cleaning().view();
        if (view.segments().isEmpty() || flushed.durableEndOffset() < view.end()) {
            return;
        }
        DurableEnd now =
                new DurableEnd(
                        view.active().baseOffset(),
                        view.endPosition(),
                        view.end(),
                        // The latest one may have no record yet.
                        flushed.epochs().at(view.end() - 1));
        lock.lock();
        try {
            if (abandoned || (end != null && end.offset() == now.offset())) {
                return;
            }
            write(now);
            end = now;
            if (clock.nanos() - syncedNanos >= SYNC_NANOS) {
                force();
            }
        } catch (IOException e) {
            abandon(e);
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void write(DurableEnd now) throws IOException {
        FileChannel open = channel;
        if (open == null) {
            open = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            channel = open;
            unnamed = true;
        }
        ByteBuffer bytes = now.encoded();
        long at = (long) nextSlot * SLOT_BYTES;
        while (bytes.hasRemaining()) {
            at += open.write(bytes, at);
        }
        nextSlot = (nextSlot + 1) % SLOTS;
        unsynced = true;
    }

    @GuardedBy("lock")
    private void force() throws IOException {
        if (channel != null && unsynced) {
            channel.force(false);
            if (unnamed) {
                DurablePaths.sync(directory);
                unnamed = false;
            }
            unsynced = false;
        }
        syncedNanos = clock.nanos();
    }

    /** The mark is of use and never needed. */
    @GuardedBy("lock")
    private void abandon(IOException why) {
        abandoned = true;
        log.warn("{} is not renewed any more: damage may be taken for a power cut's", file, why);
    }

    /** What is known now survives a power cut. */
    public void sync() {
        lock.lock();
        try {
            force();
        } catch (IOException e) {
            abandon(e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * To be called before the log is cut below the mark: once this returns nothing is known, and
     * that is on the disk.
     */
    public void forget() throws IOException {
        lock.lock();
        try {
            end = null;
            closeChannel();
            if (Files.deleteIfExists(file)) {
                DurablePaths.sync(directory);
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void closeChannel() throws IOException {
        if (channel != null) {
            channel.close();
            channel = null;
        }
        unsynced = false;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            force();
            closeChannel();
        } catch (IOException e) {
            abandon(e);
        } finally {
            lock.unlock();
        }
    }
}
