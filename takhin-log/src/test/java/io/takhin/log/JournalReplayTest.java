package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.checkpoint.CleanStop;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.journal.JournalContents;
import io.takhin.log.journal.JournalFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import java.util.Random;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

/** What a start makes of segments that lost what only the journal had. */
class JournalReplayTest extends JournalFixture {
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
    void aLogThatEndsBeforeItsRecoveryPointGetsAllThatIsMissing() throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");
        crash(durable);
        OffsetCheckpoint.write(
                root.resolve(OffsetCheckpoint.RECOVERY_POINTS),
                Map.of(ORDERS, (long) written.size()));

        reopen();

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
    void aCompactedSegmentStaysAsItIsThoughTheRecoveryPointIsLost() throws IOException {
        prepare();
        int before = (int) Files.size(segment());
        append("a");
        int after = (int) Files.size(segment());
        assertThat(backlog().journalBytes()).isPositive();
        append("x".repeat(20 << 10));
        directory.abandon();
        byte[] bytes = Files.readAllBytes(segment());
        ByteBuffer compacted = ByteBuffer.allocate(bytes.length - (after - before));
        compacted.put(bytes, 0, before).put(bytes, after, bytes.length - after);
        Files.write(segment(), compacted.array());
        Files.deleteIfExists(root.resolve(OffsetCheckpoint.RECOVERY_POINTS));

        reopen();

        written.remove(written.size() - 2);
        assertThat(found()).isEqualTo(written);
    }
}
