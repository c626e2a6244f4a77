package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Below the mark nothing is cut off; above it what is torn is. */
class DurableMarkTest {
    private static final LogConfig CONFIG = Batches.config(1 << 20, 100);
    private static final LogConfig SMALL_SEGMENTS = Batches.config(400, 100);

    @TempDir private Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);

    private Path directory() {
        return root.resolve("orders-0");
    }

    private DurableMark mark() throws IOException {
        return DurableMark.read(directory(), clock);
    }

    private PartitionLog open(DurableMark mark, LogConfig config) throws IOException {
        mark.check(0);
        return mark.openLog(Directories.ORDERS, Uuid.ONE_UUID, config, _ -> {});
    }

    private static void append(PartitionLog log, int count) {
        for (int i = 0; i < count; i++) {
            String value = "v" + log.logEndOffset() + ".".repeat(20);
            log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT);
        }
        log.flush();
    }

    /** A log with a mark at its end, but for some records. */
    private void write(LogConfig config, int below, int above) throws IOException {
        DurableMark mark = mark();
        PartitionLog log = open(mark, config);
        append(log, below);
        mark.advance(log);
        append(log, above);
        log.close();
        mark.close();
    }

    private Path segment(long base) {
        return PartitionFiles.log(directory(), base);
    }

    private static void flip(Path file, int at) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[at] ^= 4;
        Files.write(file, bytes);
    }

    private static void cut(Path file, long bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(bytes);
        }
    }

    private long endAfterOpening(LogConfig config) throws IOException {
        try (DurableMark mark = mark();
                PartitionLog log = open(mark, config)) {
            return log.logEndOffset();
        }
    }

    @Test
    void damageBelowTheMarkIsRefusedAndNothingIsChanged() throws IOException {
        write(CONFIG, 10, 0);
        int size = (int) Files.size(segment(0));
        for (int at = 0; at < size; at++) {
            flip(segment(0), at);
            byte[] damaged = Files.readAllBytes(segment(0));

            assertThatThrownBy(() -> open(mark(), CONFIG))
                    .as("byte %d", at)
                    .isInstanceOf(DamagedLogException.class)
                    .hasMessageContaining("%s is damaged at position ".formatted(segment(0)))
                    .hasMessageContaining("the batch with offset ");

            assertThat(Files.readAllBytes(segment(0))).isEqualTo(damaged);
            flip(segment(0), at);
        }
        assertThat(endAfterOpening(CONFIG)).isEqualTo(10);
    }

    @Test
    void whatIsTornAboveTheMarkIsCutOff() throws IOException {
        write(CONFIG, 10, 5);
        flip(segment(0), (int) Files.size(segment(0)) - 1);

        assertThat(endAfterOpening(CONFIG)).isEqualTo(14);
    }

    // A copy that was made while the log grew has a mark that is newer than its segment.
    @Test
    void aLogThatIsShorterThanTheMarkIsRecoveredAsIfThereWereNone() throws IOException {
        write(CONFIG, 10, 0);
        long size = Files.size(segment(0));
        cut(segment(0), size / 2 - 5);

        assertThat(endAfterOpening(CONFIG)).isEqualTo(4);

        // The old mark is gone for good: it would be believed once the log is as long again.
        PartitionLog log = open(mark(), CONFIG);
        for (int i = 0; i < 3; i++) {
            log.appendAsLeader(Batches.of("x".repeat((int) size)), 0, Origin.CLIENT);
        }
        log.close();
        flip(segment(0), (int) Files.size(segment(0)) - 1);
        assertThat(endAfterOpening(CONFIG)).isEqualTo(6);
    }

    @Test
    void aSegmentThatIsGoneIsDamageToo() throws IOException {
        write(SMALL_SEGMENTS, 30, 0);
        List<Path> segments = segments();
        Files.delete(segments.get(2));

        assertThatThrownBy(() -> open(mark(), SMALL_SEGMENTS))
                .isInstanceOf(DamagedLogException.class)
                .hasMessageContaining(segments.get(3).toString());
    }

    @Test
    void segmentsBelowWhatIsNeededAreNotRead() throws IOException {
        write(SMALL_SEGMENTS, 30, 0);
        flip(segments().getFirst(), 70);
        long needed = PartitionFiles.offsetOf(segments().get(1).getFileName().toString(), ".log");

        DurableMark mark = mark();
        mark.check(needed);
        try (PartitionLog log =
                mark.openLog(Directories.ORDERS, Uuid.ONE_UUID, SMALL_SEGMENTS, _ -> {})) {
            assertThat(log.logEndOffset()).isEqualTo(30);
        }
    }

    @Test
    void aForgottenMarkRefusesNothing() throws IOException {
        write(CONFIG, 10, 0);
        mark().forget();
        flip(segment(0), (int) Files.size(segment(0)) - 1);

        assertThat(endAfterOpening(CONFIG)).isEqualTo(9);
    }

    @Test
    void aFlippedBitInTheMarkItselfChangesNothing() throws IOException {
        write(CONFIG, 10, 0);
        Path file = directory().resolve(DurableMark.NAME);
        for (int at = 0; at < Files.size(file); at++) {
            flip(file, at);
            assertThat(mark().offset()).isIn(0L, 10L);
            flip(file, at);
        }
        assertThat(endAfterOpening(CONFIG)).isEqualTo(10);
    }

    @Test
    void theOtherSlotHoldsTheMarkBefore() throws IOException {
        DurableMark mark = mark();
        PartitionLog log = open(mark, CONFIG);
        append(log, 4);
        mark.advance(log);
        append(log, 6);
        mark.advance(log);
        log.close();
        mark.close();
        Path file = directory().resolve(DurableMark.NAME);
        flip(file, (int) Files.size(file) - 1);

        assertThat(mark().offset()).isEqualTo(4);
    }

    private List<Path> segments() throws IOException {
        try (var files = Files.list(directory())) {
            return files.filter(file -> file.toString().endsWith(".log")).sorted().toList();
        }
    }
}
