package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.DeadFiles;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/** The directory of a deleted partition goes, whoever else makes or removes files in it. */
class RemovedDirectoryTest {
    private static final LogConfig CONFIG =
            Batches.config().with().fileDeleteDelay(Duration.ZERO).build();

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));

    /** What another thread does to files. */
    private interface Meddling {
        void run() throws IOException;
    }

    private static void run(Meddling meddling) {
        try {
            meddling.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aFileThatGoesMeanwhileKeepsNoOther() throws IOException {
        Path directory = Files.createDirectory(disk.root().resolve("orders-0"));
        List<Path> files =
                List.of(directory.resolve("a"), directory.resolve("b"), directory.resolve("c"));
        for (Path file : files) {
            Files.createFile(file);
        }
        AtomicBoolean due = new AtomicBoolean(true);
        disk.gateRemovals(path -> {
            if (due.compareAndSet(true, false)) {
                Path other = files.get((files.indexOf(path) + 1) % files.size());
                run(() -> Files.delete(other));
            }
        });

        DeadFiles.remove(directory);

        assertThat(due).isFalse();
        assertThat(directory).doesNotExist();
    }

    @Test
    void nothingIsRemovedOfADirectoryThatIsNotThere() throws IOException {
        DeadFiles.remove(disk.root().resolve("orders-0"));

        assertThat(disk.history()).isEmpty();
    }

    @Test
    void aFileThatIsMadeMeanwhileGoesAWhileLater() throws IOException, InterruptedException {
        LogDirectory directory =
                LogDirectory.open(
                        disk.root().resolve("data"),
                        Directories.settings(CONFIG, 1),
                        FlushRule.MEASURED,
                        new ManualClock(Batches.NOW));
        Directories.orders(directory, CONFIG);
        AtomicBoolean due = new AtomicBoolean(true);
        CountDownLatch again = new CountDownLatch(1);
        disk.gateRemovals(path -> {
            if (!path.toString().endsWith("-delete")) {
                return;
            }
            if (due.compareAndSet(true, false)) {
                run(() -> Files.createFile(path.resolve("00000000000000000000.log.cleaned")));
            } else {
                again.countDown();
            }
        });

        directory.delete(Directories.ORDERS);

        assertThat(again.await(10, TimeUnit.SECONDS)).isTrue();
        assertThat(directory.isOnline()).isTrue();
        directory.close();
        try (var left = Files.list(directory.root())) {
            assertThat(left).noneMatch(path -> path.toString().endsWith("-delete"));
        }
    }

    /** However many bytes there are to remove. S38 */
    @Test
    void aFlushThatIsDueDoesNotWaitForIt() throws IOException, InterruptedException {
        ManualClock clock = new ManualClock(Batches.NOW);
        LogDirectory directory =
                LogDirectory.open(
                        disk.root().resolve("data"),
                        Directories.settings(CONFIG, 1),
                        FlushRule.MEASURED,
                        clock);
        Directories.orders(directory, CONFIG);
        PartitionLog other = directory.open(new TopicPartition("t", 0), Uuid.ONE_UUID, CONFIG);
        CountDownLatch flushed = new CountDownLatch(1);
        CountDownLatch removing = new CountDownLatch(1);
        other.onDurable((_, _) -> flushed.countDown());
        disk.gateRemovals(path -> {
            removing.countDown();
            run(() -> await(flushed));
        });

        directory.delete(Directories.ORDERS);
        assertThat(removing.await(10, TimeUnit.SECONDS)).isTrue();
        other.appendAsLeader(Batches.of("a"), 0, Origin.CLIENT);
        clock.advance(Duration.ofHours(1));

        assertThat(flushed.await(10, TimeUnit.SECONDS)).isTrue();
        directory.close();
    }

    private static void await(CountDownLatch latch) throws IOException {
        try {
            if (!latch.await(20, TimeUnit.SECONDS)) {
                throw new IOException("nothing was flushed");
            }
        } catch (InterruptedException e) {
            throw new IOException(e);
        }
    }
}
