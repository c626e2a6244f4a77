package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.base.Clock;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start makes of segments that lost what only the journal had. */
class JournalTest {
    private static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    private static final int HALF_BYTES = 64 << 10;
    private static final FlushRule RULE = new FlushRule(HALF_BYTES, 16 << 10, 32 << 10, 4);

    @TempDir Path root;
    private final Clock clock = new ManualClock(Batches.NOW);
    private final Uuid topic = Uuid.randomUuid();
    private final List<String> written = new ArrayList<>();
    private LogDirectory directory;

    @BeforeEach
    void start() throws IOException {
        directory = open();
    }

    @AfterEach
    void stop() {
        directory.close();
    }

    private LogDirectory open() throws IOException {
        return LogDirectory.open(
                root,
                new LogDirectorySettings(
                        Batches.config(), Duration.ofDays(1), Duration.ofHours(1), 2),
                RULE,
                clock);
    }

    private PartitionLog orders() {
        return directory.open(ORDERS, topic, Batches.config());
    }

    private FlushBacklog backlog() {
        return directory.groupCommit().backlog();
    }

    private void append(String value) {
        PartitionLog log = orders();
        written.add(log.logEndOffset() + "=" + value);
        log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT);
        log.flush();
    }

    /** A log with records in its segment, so that the next ones go to a journal that is ready. */
    private void prepare() {
        while (backlog().journalCapacity() < 2 * HALF_BYTES) {
            append("before");
        }
        directory.close();
        reopen();
        append("first in segment");
        assertThat(backlog().journalBytes()).isZero();
    }

    private void reopen() {
        try {
            directory = open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path segment() {
        return PartitionFiles.log(root.resolve("orders-0"), 0);
    }

    /** Ends as by a power cut that left so much of the segment. */
    private void crash(long segmentBytes) throws IOException {
        directory.abandon();
        try (FileChannel file = FileChannel.open(segment(), StandardOpenOption.WRITE)) {
            file.truncate(segmentBytes);
        }
    }

    private void overwrite(Path file, long position, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), position);
        }
    }

    private Path journal() {
        return root.resolve(JournalFile.NAME);
    }

    private List<String> found() throws IOException {
        return Batches.all(orders());
    }

    @Test
    void whatOnlyTheJournalHasIsPutBack() throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");
        append("b");
        assertThat(backlog().journalBytes()).isPositive();

        crash(durable);
        reopen();

        assertThat(found()).isEqualTo(written);
    }

    @Test
    void aBatchThatWasTornIsPutBackWhole() throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");
        append("b");
        long end = Files.size(segment());

        crash(end);
        overwrite(segment(), durable + 30, new byte[20]);
        reopen();

        assertThat(found()).isEqualTo(written);
        assertThat(Files.size(segment())).isEqualTo(end);
    }

    @Test
    void theRecoveryPointStaysBelowWhatTheSegmentsHold() throws IOException {
        prepare();
        long inSegments = orders().logEndOffset();
        append("a");

        directory.writeCheckpoints();

        assertThat(orders().durableEndOffset()).isEqualTo(inSegments + 1);
        assertThat(orders().writtenRecoveryPoint()).isEqualTo(inSegments);
    }

    @Test
    void aFullHalfIsFreeAgainWhenTheSegmentsHaveCaughtUp() {
        prepare();
        for (int i = 0; backlog().checkpointMillis() == 0; i++) {
            append("value " + i);
        }

        assertThat(orders().writtenRecoveryPoint()).isPositive();
        assertThat(backlog().journalBytes()).isLessThan(2 * HALF_BYTES);
    }

    @Test
    void nothingIsPutBackThatHalvesOfOlderGenerationsHad() throws IOException {
        prepare();
        int count = 0;
        while (backlog().checkpointMillis() == 0) {
            append("value " + count++);
        }
        directory.writeCheckpoints();

        crash(Files.size(segment()));
        reopen();

        assertThat(found()).isEqualTo(written);
    }

    @Test
    void anEntryThatWasTornEndsTheReplay() throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");
        append("b");
        crash(durable);
        long second = JournalFormat.BLOCK_BYTES * 2L;
        overwrite(journal(), startOfUsedHalf() + second + 80, new byte[20]);

        reopen();

        written.removeLast();
        assertThat(found()).isEqualTo(written);
    }

    /** The half whose first entry has its generation. */
    private long startOfUsedHalf() throws IOException {
        JournalContents contents = JournalContents.read(root, HALF_BYTES, false);
        return contents.half(0) instanceof JournalContents.Half.Prepared half && !half.empty()
                ? 0
                : HALF_BYTES;
    }

    @Test
    void whatWasCutDoesNotComeBack() throws IOException {
        prepare();
        int kept = written.size();
        append("a");
        append("b");
        orders().truncateTo(kept);
        written.subList(kept, written.size()).clear();
        append("c");
        long end = Files.size(segment());
        crash(end);

        reopen();

        assertThat(found()).isEqualTo(written);
    }

    /** Returns when a cut is durable, though no record followed it. */
    private void flushCut() {
        orders().requestFlush();
        PartitionLog other =
                directory.open(new TopicPartition("other", 0), topic, Batches.config());
        other.appendAsLeader(Batches.of("x"), 0, Origin.CLIENT);
        other.flush();
    }

    @Test
    void whatWasCutDoesNotComeBackWhereNothingFollowedIt() throws IOException {
        prepare();
        int kept = written.size();
        append("a");
        append("b");
        orders().truncateTo(kept);
        written.subList(kept, written.size()).clear();
        flushCut();
        crash(Files.size(segment()));

        reopen();

        assertThat(found()).isEqualTo(written);
    }

    @Test
    void aCutIsSaidInTheNextHalfWhereOneIsFull() throws IOException {
        prepare();
        int kept = written.size();
        while (backlog().journalBytes() < HALF_BYTES - JournalFormat.BLOCK_BYTES) {
            append("a");
        }
        orders().truncateTo(kept);
        written.subList(kept, written.size()).clear();
        flushCut();
        crash(Files.size(segment()));

        reopen();

        assertThat(found()).isEqualTo(written);
    }

    @Test
    void aLogThatWasEmptiedStaysEmpty() throws IOException {
        prepare();
        append("a");
        orders().truncateFullyAndStartAt(0);
        written.clear();
        append("b");
        crash(Files.size(segment()));

        reopen();

        assertThat(found()).containsExactly("0=b");
    }

    @Test
    void aTopicThatCameBackUnderItsNameGetsNothingOfTheOldOne() throws IOException {
        prepare();
        List<String> values = written.stream().map(each -> each.split("=", 2)[1]).toList();
        append("old");
        directory.delete(ORDERS);
        Uuid other = Uuid.randomUuid();
        PartitionLog log = directory.open(ORDERS, other, Batches.config());
        // Ends where the old topic's entry would go on.
        values.forEach(value -> log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT));
        log.flush();
        directory.abandon();

        reopen();

        assertThat(directory.open(ORDERS, other, Batches.config()).logEndOffset())
                .isEqualTo(values.size());
    }

    @Test
    void aDeletedTopicIsNotMissed() throws IOException {
        prepare();
        append("a");
        directory.delete(ORDERS);
        directory.abandon();

        reopen();

        assertThat(directory.get(ORDERS)).isNull();
        assertThat(directory.isOnline()).isTrue();
    }

    @Test
    void nothingIsWrittenIntoAGap() throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");

        crash(durable - 1);
        reopen();

        assertThat(found()).isEqualTo(written.subList(0, written.size() - 2));
    }

    @Test
    void belowTheRecoveryPointNothingIsPutBack() throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");
        crash(durable);
        OffsetCheckpoint.write(
                root.resolve(OffsetCheckpoint.RECOVERY_POINTS),
                Map.of(ORDERS, (long) written.size()));

        reopen();

        written.removeLast();
        assertThat(found()).isEqualTo(written);
    }

    @Test
    void whatAnotherProgramWroteInThePlaceOfAnEntryStays() throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");
        crash(durable);
        ByteBuffer other = Batches.replicated(written.size() - 1, 3, "of another leader");
        byte[] bytes = new byte[other.remaining()];
        other.get(bytes);
        overwrite(segment(), durable, bytes);

        reopen();

        written.set(written.size() - 1, (written.size() - 1) + "=of another leader");
        assertThat(found()).isEqualTo(written);
    }

    @Test
    void aSecondCrashDuringTheStartFindsTheSame() throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");
        append("b");
        crash(durable);
        JournalContents contents = JournalContents.read(root, HALF_BYTES, false);
        try (JournalReplay replay = JournalReplay.of(root, contents)) {
            replay.restore(root.resolve("orders-0"), ORDERS, topic, 0);
        }
        try (FileChannel file = FileChannel.open(segment(), StandardOpenOption.WRITE)) {
            file.truncate(durable + 10);
        }

        reopen();

        assertThat(found()).isEqualTo(written);
    }

    @Test
    void aCleanStopLeavesTheJournalEmpty() throws IOException {
        prepare();
        append("a");

        directory.close();

        JournalContents left = JournalContents.read(root, HALF_BYTES, false);
        assertThat(left.hasEntries()).isFalse();
        reopen();
        assertThat(found()).isEqualTo(written);
    }

    @Test
    void afterACleanStopOfAnotherProgramTheJournalMeansNothing() throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");
        crash(durable);
        CleanStop.mark(root, 1);

        reopen();
        directory.abandon();
        reopen();

        written.removeLast();
        assertThat(found()).isEqualTo(written);
    }

    @Test
    void aJournalOfALaterVersionIsNotIgnored() throws IOException {
        prepare();
        append("a");
        directory.abandon();
        overwrite(journal(), 0, headerOfVersion2());

        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("version 2");

        Files.delete(journal());
        reopen();
    }

    private static byte[] headerOfVersion2() {
        byte[] bytes = new byte[JournalFormat.BLOCK_BYTES];
        ByteBuffer header = ByteBuffer.wrap(bytes);
        header.put(JournalFormat.header(1, HALF_BYTES)).putInt(4, 2);
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, 20);
        header.putInt(20, (int) crc.getValue());
        return bytes;
    }

    @Test
    void aDamagedHeaderDoesNotHideEntries() throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");
        crash(durable);
        overwrite(journal(), startOfUsedHalf() + 8, new byte[] {9, 9, 9});

        reopen();

        assertThat(found()).isEqualTo(written);
    }

    @Test
    void noiseInTheJournalIsNoReasonNotToStart() throws IOException {
        prepare();
        append("a");
        directory.abandon();
        byte[] noise = new byte[2 * HALF_BYTES];
        new Random(7).nextBytes(noise);
        Files.write(journal(), noise);

        reopen();

        assertThat(found()).isEqualTo(written);
        append("b");
        assertThat(directory.isOnline()).isTrue();
    }

    @Test
    void withoutSpaceForAJournalSegmentsAreSynced() throws IOException {
        // A directory in the journal's place is as good as a full disk.
        Files.createDirectory(journal());

        append("a");
        append("b");

        assertThat(orders().durableEndOffset()).isEqualTo(2);
        assertThat(backlog().journalCapacity()).isZero();
        assertThat(directory.isOnline()).isTrue();
        directory.close();
        Files.delete(journal());
        reopen();
    }

    @Test
    void aLargeRunIsSyncedWhereItLies() {
        prepare();

        append("x".repeat(20 << 10));

        assertThat(backlog().journalBytes()).isZero();
        assertThat(orders().recoveryPoint()).isEqualTo(orders().logEndOffset());
    }

    @Test
    void roundsAreObserved() {
        prepare();
        List<FlushObserver.Target> targets = Collections.synchronizedList(new ArrayList<>());
        directory.groupCommit().observe((target, logs, bytes, nanos) -> targets.add(target));

        append("small");
        append("x".repeat(20 << 10));
        directory.close();

        assertThat(targets).startsWith(FlushObserver.Target.JOURNAL, FlushObserver.Target.SEGMENTS);
    }
}
