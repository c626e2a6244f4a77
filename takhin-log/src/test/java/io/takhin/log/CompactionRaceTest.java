package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Segments go while a compaction is about to replace them: it is given up, nothing of it is left,
 * and what was deleted stays deleted, also when the power goes anywhere in between.
 */
class CompactionRaceTest {
    private static final LogConfig CONFIG =
            Batches.config(600, 100)
                    .with()
                    .cleanup(Cleanup.compact(0.1, 60_000))
                    .fileDeleteDelay(Duration.ZERO)
                    .build();

    private static final int RECORDS = 20;
    private static final int MAP_BYTES = 1 << 12;

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final AtomicBoolean due = new AtomicBoolean();
    private SimulatedDisk disk;
    private Path root;
    private LogDirectory directory;
    private PartitionLog log;
    private Thread compactor = Thread.currentThread();

    /** When that happens, as the new segment sees it. */
    enum Moment {
        /** Some of its batches are there; what is left cannot be read any more. */
        BEGUN,

        /** All are there, and nobody has been told. */
        WRITTEN,

        /** It is about to be wanted. */
        ANNOUNCED
    }

    /** What takes segments away from under a compaction. */
    private interface Deletion {
        void run() throws IOException;
    }

    private LogDirectory open() throws IOException {
        return LogDirectory.open(
                root, Directories.settings(Batches.config(600, 100), 1), FlushRule.MEASURED, clock);
    }

    @BeforeEach
    void write() throws IOException {
        write(new SplittableRandom(1));
    }

    /** Twenty records of three keys, in segments of a few, all on the disk. */
    private void write(RandomGenerator random) throws IOException {
        disk = new SimulatedDisk(random);
        root = disk.root().resolve("data");
        directory = open();
        log = Directories.orders(directory, CONFIG);
        for (int i = 0; i < RECORDS; i++) {
            SimpleRecord record =
                    new SimpleRecord(
                            Batches.NOW,
                            ("k" + i % 3).getBytes(UTF_8),
                            ("v" + i + ".".repeat(60)).getBytes(UTF_8));
            log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT);
        }
        Directories.settle(directory, log);
    }

    /** The begin of the third segment. */
    private long third() {
        return log.cleaning().view().segments().get(2).baseOffset();
    }

    /** Compacts, and meanwhile runs the deletion. */
    private void compactAnd(Deletion deletion, Moment moment) throws IOException {
        Runnable once =
                () -> {
                    if (due.compareAndSet(true, false)) {
                        run(deletion);
                    }
                };
        int[] asked = new int[1];
        disk.gateSyncs(path -> {
            if (moment != Moment.BEGUN
                    && moment == momentOfSync(path)
                    && Thread.currentThread().equals(compactor)) {
                once.run();
            }
        });
        compactor = Thread.currentThread();
        due.set(true);
        Compaction.Pace pace =
                new Compaction.Pace(
                        MAP_BYTES,
                        new Throttle(clock, 0),
                        () -> {
                            // The map is built by then, and the first batches are written anew.
                            if (moment == Moment.BEGUN && ++asked[0] > RECORDS) {
                                once.run();
                            }
                            return false;
                        });
        new CompactionLook(directory, PartitionLog::durableEndOffset, clock, pace).run();
        disk.gateSyncs(_ -> {});
    }

    private static Moment momentOfSync(Path path) {
        if (path.endsWith("orders-0")) {
            return Moment.ANNOUNCED;
        }
        return path.toString().endsWith(".cleaned") ? Moment.WRITTEN : Moment.BEGUN;
    }

    private static void run(Deletion deletion) {
        try {
            deletion.run();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<String> leftovers() throws IOException {
        try (Stream<Path> files = Files.list(log.directory())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".swap") || name.endsWith(".cleaned"))
                    .toList();
        }
    }

    private List<String> announced() throws IOException {
        return leftovers().stream().filter(name -> name.endsWith(".swap")).toList();
    }

    private void deleteDurably(long below) throws IOException {
        log.advanceLogStart(below);
        directory.groupCommit().commitAndWait(List.of(log));
        directory.writeCheckpoints();
    }

    private List<String> recordsFrom(long offset) throws IOException {
        return Batches.all(log).stream().filter(text -> offsetOf(text) >= offset).toList();
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    void whatIsDeletedMeanwhileIsNotReplaced(Moment moment) throws IOException {
        long below = third();
        List<String> behind = recordsFrom(below);

        compactAnd(() -> log.advanceLogStart(below), moment);

        assertThat(due).isFalse();
        assertThat(leftovers()).isEmpty();
        assertThat(log.logStartOffset()).isEqualTo(below);
        assertThat(log.cleaning().view().firstOffset()).isEqualTo(below);
        assertThat(Batches.all(log)).isEqualTo(behind);
        assertThat(directory.isOnline()).isTrue();
        directory.close();
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    void whatIsCutOffMeanwhileIsNotReplaced(Moment moment) throws IOException {
        long end = third() + 1;
        List<String> kept = Batches.all(log).stream().filter(text -> offsetOf(text) < end).toList();

        compactAnd(() -> log.truncateTo(end), moment);

        assertThat(due).isFalse();
        assertThat(leftovers()).isEmpty();
        assertThat(Batches.all(log)).isEqualTo(kept);
        assertThat(log.logEndOffset()).isEqualTo(end);
        directory.abandon();
        directory = open();
        log = Directories.orders(directory, CONFIG);
        assertThat(Batches.all(log)).isEqualTo(kept);
        directory.close();
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    void aDeletedTopicLeavesNothing(Moment moment) throws IOException {

        compactAnd(() -> directory.delete(Directories.ORDERS), moment);

        assertThat(due).isFalse();
        assertThat(directory.get(Directories.ORDERS)).isNull();
        assertThat(directory.isOnline()).isTrue();
        directory.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {2, RECORDS + 2})
    void aDeletedTopicIsReadNoFurther(int batches) throws IOException {
        log.reconfigure(CONFIG.with().fileDeleteDelay(Duration.ofHours(1)).build());
        AtomicInteger asked = new AtomicInteger();
        Compaction.Pace pace =
                new Compaction.Pace(
                        MAP_BYTES,
                        new Throttle(clock, 0),
                        () -> {
                            if (asked.incrementAndGet() == batches) {
                                directory.delete(Directories.ORDERS);
                            }
                            return false;
                        });

        new CompactionLook(directory, PartitionLog::durableEndOffset, clock, pace).run();

        assertThat(asked).hasValue(batches);
        assertThat(directory.isOnline()).isTrue();
        directory.close();
    }

    /** Once it is announced the next start completes it. */
    @ParameterizedTest
    @EnumSource(names = {"BEGUN", "WRITTEN"})
    void aLogThatIsClosedIsLeftAsItIs(Moment moment) throws IOException {
        List<String> all = Batches.all(log);

        compactAnd(() -> directory.close(), moment);

        assertThat(due).isFalse();
        assertThat(announced()).isEmpty();
        directory = open();
        log = Directories.orders(directory, CONFIG);
        assertThat(Batches.all(log)).isEqualTo(all);
        directory.close();
    }

    private static long offsetOf(String text) {
        return Long.parseLong(text.substring(0, text.indexOf('=')));
    }

    /** From the moment on at which the start is durable, the power goes at each call in turn. */
    @Seeded(runs = 30)
    void aPowerCutBringsNothingBack(RandomGenerator random) throws IOException {
        Moment moment = Moment.values()[random.nextInt(Moment.values().length)];
        for (int calls = 0; ; calls++) {
            int cutAfter = calls;
            directory.close();
            write(random);
            long below = third();
            List<String> behind = recordsFrom(below);
            try {
                compactAnd(
                        () -> {
                            deleteDurably(below);
                            disk.cutPowerAfter(cutAfter);
                        },
                        moment);
            } catch (KafkaStorageException e) {
                assertThat(disk.isOut()).as(e.toString()).isTrue();
            }
            boolean cut = disk.isOut();
            directory.abandon();
            disk.cutPower();
            disk.restart();

            directory = open();
            log = Directories.orders(directory, CONFIG);

            String what = moment + ", cut after " + calls;
            assertThat(log.logStartOffset()).as(what).isEqualTo(below);
            assertThat(Batches.all(log)).as(what).isEqualTo(behind);
            if (!cut) {
                directory.close();
                return;
            }
        }
    }
}
