package io.takhin.metadata;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.SplittableRandom;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file without meaning that takes space while there is some, and is shortened when the metadata
 * find none: so a topic can be deleted on a full disk, and a broker be started. It gives way in
 * steps, because whoever filled the disk may take what is freed.
 *
 * <p>Nothing depends on it: it need not be synced, and may be deleted.
 *
 * <p>Threads: any.
 */
final class Ballast {
    static final String NAME = "takhin.ballast";

    /** Some tens of thousands of records. */
    static final long BYTES_MAX = 8L << 20;

    static final int STEP_BYTES = 256 << 10;

    private static final Logger log = LoggerFactory.getLogger(Ballast.class);

    /** On a small disk it is this part of it. */
    private static final int SHARE_OF_DISK = 64;

    /** So many times what it would take must be free: others need space, too. */
    private static final int FREE_BEFORE_IT_GROWS = 8;

    private final Path file;
    private final ReentrantLock lock = new ReentrantLock();

    Ballast(Path dataDirectory) {
        file = dataDirectory.resolve(NAME);
    }

    /** Gives some space back; false where there is none to give. */
    boolean release() {
        lock.lock();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            long left = Math.max(0, channel.size() - STEP_BYTES);
            if (channel.size() == 0) {
                return false;
            }
            channel.truncate(left);
            log.warn("{} gave way to metadata on a full disk left={}", file, left);
            return true;
        } catch (IOException e) {
            log.debug("no ballast in {}", file, e);
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Gives way until so many bytes are free on the disk, if it can. */
    void release(long freeBytes) {
        if (!Files.exists(file)) {
            return;
        }
        try {
            FileStore disk = Files.getFileStore(file.toAbsolutePath().getParent());
            while (disk.getUsableSpace() < freeBytes && release()) {
                // goes on until there is enough, or nothing left
            }
        } catch (IOException e) {
            log.debug("the disk of {} does not say what is free", file, e);
        }
    }

    /** Takes what is missing, where the disk has plenty; whether nothing is missing now. */
    boolean grow() {
        lock.lock();
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            FileStore disk = Files.getFileStore(file);
            long wanted = Math.min(BYTES_MAX, disk.getTotalSpace() / SHARE_OF_DISK);
            while (channel.size() < wanted
                    && disk.getUsableSpace() > FREE_BEFORE_IT_GROWS * wanted) {
                append(channel, (int) Math.min(STEP_BYTES, wanted - channel.size()));
            }
            return channel.size() >= wanted;
        } catch (IOException e) {
            log.debug("{} does not grow", file, e);
            return false;
        } finally {
            lock.unlock();
        }
    }

    /** Bytes that no file system finds a shorter way to keep. */
    private static void append(FileChannel channel, int count) throws IOException {
        byte[] noise = new byte[count];
        new SplittableRandom().nextBytes(noise);
        ByteBuffer bytes = ByteBuffer.wrap(noise);
        while (bytes.hasRemaining()) {
            channel.write(bytes, channel.size());
        }
    }
}
