package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a start makes of checkpoints in which a digit is another digit: well formed, and wrong. */
class DamagedCheckpointsTest {
    private static final LogConfig CONFIG = Batches.config(2000, 200);
    private static final int RECORDS = 120;
    private static final int IN_AN_EPOCH = 30;

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final List<String> written = new ArrayList<>();

    private LogDirectory open() throws IOException {
        return Directories.open(root, CONFIG, clock);
    }

    /** Records of the epochs 4 to 7, all on the disk, and the checkpoints say so. */
    private LogDirectory write() throws IOException {
        LogDirectory directory = open();
        PartitionLog log = Directories.orders(directory, CONFIG);
        for (int i = 0; i < RECORDS; i++) {
            log.appendAsLeader(Batches.of("value " + i), 4 + i / IN_AN_EPOCH, Origin.CLIENT);
            written.add(i + "=value " + i);
        }
        log.flush();
        directory.writeCheckpoints();
        return directory;
    }

    private void writeAndStop(boolean cleanly) throws IOException {
        LogDirectory directory = write();
        if (cleanly) {
            directory.close();
        } else {
            directory.abandon();
        }
    }

    private Path epochs() {
        return root.resolve("orders-0").resolve(LeaderEpochs.NAME);
    }

    private static List<EpochEnd> ends(PartitionLog log) {
        return IntStream.rangeClosed(0, 10)
                .mapToObj(epoch -> log.epochs().endOf(epoch, log.logEndOffset()))
                .toList();
    }

    /** One digit of the file, but not of its version or of the number of entries. */
    private String changeDigit(Path file, RandomGenerator random) throws IOException {
        StringBuilder text = new StringBuilder(Files.readString(file));
        int body = text.indexOf("\n", text.indexOf("\n") + 1) + 1;
        int at;
        do {
            at = random.nextInt(body, text.length());
        } while (!Character.isDigit(text.charAt(at)));
        char digit = (char) ('0' + (text.charAt(at) - '0' + 1 + random.nextInt(9)) % 10);
        text.setCharAt(at, digit);
        Files.writeString(file, text);
        return "digit %d is %c now, %s".formatted(at, digit, text.toString().replace('\n', ','));
    }

    @Seeded(runs = 60)
    void aDigitOfTheLeaderEpochsCostsNoRecordAndNoAnswer(RandomGenerator random)
            throws IOException {
        LogDirectory written = write();
        List<EpochEnd> expected = ends(Directories.orders(written, CONFIG));
        boolean cleanly = random.nextBoolean();
        if (cleanly) {
            written.close();
        } else {
            written.abandon();
        }
        String what = (cleanly ? "stopped, " : "killed, ") + changeDigit(epochs(), random);

        try (LogDirectory directory = open()) {
            PartitionLog log = Directories.orders(directory, CONFIG);

            assertThat(Batches.all(log)).as(what).isEqualTo(this.written);
            assertThat(ends(log)).as(what).isEqualTo(expected);
        }
    }

    @Test
    void aNewestEpochThatIsTooHighCutsNothingBehindTheRecoveryPoint() throws IOException {
        writeAndStop(false);
        OffsetCheckpoint.write(
                root.resolve(OffsetCheckpoint.RECOVERY_POINTS), Map.of(Directories.ORDERS, 100L));
        Files.writeString(epochs(), Files.readString(epochs()).replace("7 90", "9 90"));

        try (LogDirectory directory = open()) {
            PartitionLog log = Directories.orders(directory, CONFIG);

            assertThat(Batches.all(log)).isEqualTo(written);
            assertThat(log.epochs().latest()).isEqualTo(7);
        }
    }

    /** The first segment has not one batch left that could tell the epoch. */
    @Test
    void anEpochThatIsTooHighCutsNothingOfACompactedLog() throws IOException {
        LogConfig compacted = Batches.config(600, 100).withCleanup(Cleanup.compact(0.1, 60_000));
        LogDirectory directory = Directories.open(root, compacted, clock);
        PartitionLog log = Directories.orders(directory, compacted);
        for (int i = 0; i < 20; i++) {
            CompactionFixture.write(log, "key", "v" + i + ".".repeat(200));
        }
        Directories.settle(directory, log);
        CompactionFixture.look(directory, clock).run();
        assertThat(log.cleaning().view().segments().getFirst().size()).isZero();
        CompactionFixture.write(log, "key", "last");
        List<String> expected = Batches.all(log);
        directory.abandon();
        Files.writeString(epochs(), Files.readString(epochs()).replace("0 0", "4 0"));

        try (LogDirectory again = Directories.open(root, compacted, clock)) {
            assertThat(Batches.all(Directories.orders(again, compacted))).isEqualTo(expected);
        }
    }

    @Seeded(runs = 40)
    void aDigitOfTheRecoveryPointCostsNoRecord(RandomGenerator random) throws IOException {
        writeAndStop(random.nextBoolean());
        String what = changeDigit(root.resolve(OffsetCheckpoint.RECOVERY_POINTS), random);

        try (LogDirectory directory = open()) {
            PartitionLog log = Directories.orders(directory, CONFIG);

            assertThat(Batches.all(log)).as(what).isEqualTo(written);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {57, 119, 900})
    void aLogStartThatIsTooHighHidesNothingAfterAKill(long start) throws IOException {
        startInside();
        OffsetCheckpoint.write(
                root.resolve(OffsetCheckpoint.LOG_STARTS), Map.of(Directories.ORDERS, start));

        try (LogDirectory directory = open()) {
            PartitionLog log = Directories.orders(directory, CONFIG);

            assertThat(log.logStartOffset()).isEqualTo(47);
            assertThat(log.logEndOffset()).isEqualTo(RECORDS);
        }
    }

    /** Records below 47 are deleted, in the middle of a segment, and the process is killed. */
    private void startInside() throws IOException {
        LogDirectory directory = write();
        PartitionLog log = Directories.orders(directory, CONFIG);
        log.advanceLogStart(47);
        directory.groupCommit().commitAndWait(List.of(log));
        directory.writeCheckpoints();
        directory.abandon();
    }

    @Test
    void aStartThatAKillFollowsIsKept() throws IOException {
        startInside();

        try (LogDirectory directory = open()) {
            assertThat(Directories.orders(directory, CONFIG).logStartOffset()).isEqualTo(47);
        }
    }

    @Seeded(runs = 20)
    void aFlippedBitInTheTopicsIdMakesNoOtherTopicOfIt(RandomGenerator random) throws IOException {
        writeAndStop(random.nextBoolean());
        Path file = root.resolve("orders-0").resolve(PartitionMetadataFile.NAME);
        byte[] bytes = Files.readString(file).getBytes(StandardCharsets.UTF_8);
        long bit = random.nextLong(8L * bytes.length);
        DamagedFilesTest.flip(file, bit);

        try (LogDirectory directory = open()) {
            PartitionLog log = Directories.orders(directory, CONFIG);

            assertThat(Batches.all(log)).as("bit %d", bit).isEqualTo(written);
            assertThat(PartitionMetadataFile.read(log.directory())).isEqualTo(Uuid.ONE_UUID);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"nonsense", "1\n1\norders 0 5\n", "0\n2\norders 0 5\n", "0\n1\norders"})
    void aDamagedCleanerCheckpointKeepsNobodyFromStarting(String content) throws IOException {
        writeAndStop(true);
        Files.writeString(root.resolve(CleanerOffsets.NAME), content);
        LogCleaner.Settings settings =
                new LogCleaner.Settings(Duration.ofHours(1), true, Duration.ofHours(1), 1 << 16, 0);

        try (LogDirectory directory = open();
                LogCleaner cleaner =
                        LogCleaner.start(
                                directory, PartitionLog::durableEndOffset, settings, clock)) {
            PartitionLog log = Directories.orders(directory, CONFIG);

            assertThat(Batches.all(log)).isEqualTo(written);
            assertThat(cleaner.status(log).lastError()).isEmpty();
        }
    }

    @Test
    void anotherTopicsLogIsNotTakenForThisOne() throws IOException {
        try (LogDirectory directory = write()) {
            assertThat(Directories.orders(directory, CONFIG).isOf(Uuid.randomUuid())).isFalse();
        }
    }

    /** A power cut may leave the file so; Kafka would not open the directory. */
    @Test
    void damagedEpochsOfALogWithoutRecordsAreWrittenAnew() throws IOException {
        LogDirectory directory = open();
        PartitionLog log = Directories.orders(directory, CONFIG);
        log.appendAsLeader(Batches.of("a"), 4, Origin.CLIENT);
        log.truncateFullyAndStartAt(0);
        directory.abandon();
        Files.write(epochs(), new byte[20]);

        open().close();

        assertThat(LeaderEpochs.read(root.resolve("orders-0")).entries()).isEmpty();
    }
}
