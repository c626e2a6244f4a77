package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.log.file.PartitionFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * S36, S81, S83: a log whose policy is both: earlier records of a key go, and in the end all that
 * is too old.
 */
class CompactAndDeleteTest extends CompactionFixture {
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration TOMBSTONES = Duration.ofMinutes(10);
    private static final Cleanup BOTH =
            new Cleanup(
                    true,
                    true,
                    HOUR.toMillis(),
                    -1,
                    0.01,
                    0,
                    Long.MAX_VALUE,
                    TOMBSTONES.toMillis());

    private void use(boolean deletes, boolean compacts) {
        log.reconfigure(
                CONFIG.withCleanup(
                        new Cleanup(
                                deletes,
                                compacts,
                                BOTH.retentionMillis(),
                                BOTH.retentionBytes(),
                                BOTH.dirtyRatioMin(),
                                BOTH.lagMinMillis(),
                                BOTH.lagMaxMillis(),
                                BOTH.tombstoneMillis())));
    }

    /** At the time it is now. */
    private void put(String key, @Nullable String value) throws IOException {
        byte[] bytes = value == null ? null : (value + ".".repeat(60)).getBytes(UTF_8);
        SimpleRecord record = new SimpleRecord(clock.wallMillis(), key.getBytes(UTF_8), bytes);
        assertThat(log.appendAsLeader(Batches.of(Compression.NONE, record), 0, Origin.CLIENT))
                .isInstanceOf(Append.Done.class);
        // What was emptied ages from its last write, for which the file system has no test's clock.
        Files.setLastModifiedTime(
                log.cleaning().view().active().file().path(),
                FileTime.fromMillis(clock.wallMillis()));
    }

    /** Four keys, and each four times; the last ones are in an active segment of their own. */
    private void putSixteen(String prefix) throws IOException {
        for (int i = 0; i < 16; i++) {
            put("k" + i % 4, prefix + i);
        }
        log.cleaning().close(log.cleaning().view().active());
        Directories.settle(directory, log);
    }

    /** As the cleaner does: both, each on its own. */
    private void look() throws IOException {
        new RetentionLook(directory, Directories.ALL_VISIBLE, clock, Duration.ofMinutes(5)).run();
        new CompactionLook(
                        directory,
                        Directories.ALL_VISIBLE,
                        clock,
                        Directories.unlimited(clock, MAP_BYTES))
                .run();
        Directories.settle(directory, log);
    }

    @Test
    void duplicatesGoFirstAndThenWholeSegmentsByAge() throws IOException {
        use(true, true);
        putSixteen("a");

        look();

        assertThat(values(log)).containsExactly("12=a12", "13=a13", "14=a14", "15=a15");
        assertThat(log.logStartOffset()).isZero();
        clock.advance(HOUR.dividedBy(2));
        put("k0", "b16");
        log.cleaning().close(log.cleaning().view().active());
        put("k9", "b17");
        clock.advance(HOUR.dividedBy(2).plusMillis(1));
        look();
        // Although they are the last of their keys.
        assertThat(values(log)).containsExactly("16=b16", "17=b17");
        assertThat(log.logStartOffset()).isEqualTo(16);
        assertThat(log.logEndOffset()).isEqualTo(18);
    }

    @Test
    void aTombstoneStaysUntilItsTimeAndNoLongerThanTheRetention() throws IOException {
        use(true, true);
        putSixteen("a");
        put("k0", null);
        log.cleaning().close(log.cleaning().view().active());
        put("k9", "b17");
        Directories.settle(directory, log);

        look();

        assertThat(log.findByTimestamp(0).offset()).isEqualTo(13);
        assertThat(Batches.bases(log)).contains(16L);
        clock.advance(TOMBSTONES.plusMillis(1));
        put("k9", "b18");
        log.cleaning().close(log.cleaning().view().active());
        put("k9", "b19");
        Directories.settle(directory, log);
        look();
        assertThat(values(log)).containsExactly("13=a13", "14=a14", "15=a15", "18=b18", "19=b19");
    }

    @Test
    void aPolicyThatIsSwitchedTakesEffectWithTheNextLook() throws IOException {
        use(false, false);
        putSixteen("a");
        clock.advance(HOUR.plusMillis(1));
        look();
        assertThat(values(log)).hasSize(16);

        use(false, true);
        look();
        assertThat(values(log)).containsExactly("12=a12", "13=a13", "14=a14", "15=a15");

        use(true, false);
        put("k0", "b16");
        log.cleaning().close(log.cleaning().view().active());
        put("k0", "b17");
        look();
        assertThat(values(log)).containsExactly("16=b16", "17=b17");

        use(true, true);
        log.cleaning().close(log.cleaning().view().active());
        Directories.settle(directory, log);
        look();
        assertThat(values(log)).containsExactly("17=b17");
    }

    /** And its file at once. */
    @Test
    void theActiveSegmentMayGoWhileItsAgeIsAskedFor() throws IOException {
        LogConfig overdueSoon =
                CONFIG.with()
                        .cleanup(new Cleanup(true, true, HOUR.toMillis(), -1, 0.5, 0, 1000, 1000))
                        .fileDeleteDelay(Duration.ZERO)
                        .build();
        put("k", "v");
        directory.close();
        open();
        log.reconfigure(overdueSoon);
        Path file = log.cleaning().view().active().file().path();
        CompactionLook look = look(directory, new Meanwhile(clock, () -> drop(file)));

        look.run();

        assertThat(file).doesNotExist();
        assertThat(directory.failure()).isEmpty();
    }

    /** Returns when it is removed. */
    private void drop(Path file) {
        LogView view = log.cleaning().view();
        log.cleaning().dropFirst(view.segments(), view.end());
        Path dead = file.resolveSibling(file.getFileName() + PartitionFiles.DELETED);
        while (Files.exists(dead)) {
            Thread.onSpinWait();
        }
    }

    /** Something happens the first time somebody asks for the time. */
    private record Meanwhile(Clock clock, AtomicReference<Runnable> event) implements Clock {
        Meanwhile(Clock clock, Runnable event) {
            this(clock, new AtomicReference<>(event));
        }

        @Override
        public long wallMillis() {
            Runnable due = event.getAndSet(() -> {});
            due.run();
            return clock.wallMillis();
        }

        @Override
        public long nanos() {
            return clock.nanos();
        }
    }
}
