package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.GapOffsets;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A byte of a segment went bad before a crash, and the journal has what it was. */
class JournalHealingTest extends JournalFixture {
    private static final int SIZE_AT = 8;
    private static final int VALUE_AT = 65;
    private long behind;

    @BeforeEach
    void prepareTheJournal() throws IOException {
        prepare();
        directory.writeCheckpoints();
        behind = Files.size(segment());
    }

    private void flip(long byteAt, int bit) throws IOException {
        DamagedFilesTest.flip(segment(), 8 * byteAt + bit);
    }

    /** Of the first offset, of the leader epoch, which no checksum covers, and of the value. */
    @ParameterizedTest
    @ValueSource(ints = {6, 13, VALUE_AT})
    void aBatchIsAsItWas(int byteAt) throws IOException {
        append("a");
        append("b");
        append("c");
        crash(Files.size(segment()));
        flip(behind + byteAt, 0);

        reopen();

        assertThat(found()).isEqualTo(written);
    }

    @Test
    void whatWasSyncedBehindItStays() throws IOException {
        append("a");
        append("x".repeat(20 << 10));
        append("c");
        crash(Files.size(segment()));
        flip(behind + VALUE_AT, 0);

        reopen();

        assertThat(found()).isEqualTo(written);
    }

    /** It was on the disk, or it could not have been compacted. */
    @Test
    void whatCompactionTookStaysAwayThoughTheRecoveryPointIsLost() throws IOException {
        append("a");
        String taken = written.getLast();
        assertThat(backlog().journalBytes()).isPositive();
        while (orders().segmentCount() < 2) {
            append("x".repeat(20 << 10));
        }
        long next = orders().cleaning().view().active().baseOffset();
        Path partition = orders().directory();
        crash(behind);
        new GapOffsets().raise(partition, () -> next);
        Files.delete(root.resolve(OffsetCheckpoint.RECOVERY_POINTS));

        reopen();

        assertThat(found()).doesNotContain(taken).endsWith(written.getLast());
    }

    /** In what nobody reads at a start. */
    @Test
    void damageFarBelowTheRecoveryPointKeepsNothingBack() throws IOException {
        for (int i = 0; i < 40; i++) {
            append("x".repeat(1000));
        }
        directory.close();
        reopen();
        append("first in segment");
        directory.writeCheckpoints();
        long durable = Files.size(segment());
        append("a");
        append("b");
        assertThat(backlog().journalBytes()).isPositive();
        crash(durable);
        flip(SIZE_AT, 2);

        reopen();

        assertThat(orders().logEndOffset()).isEqualTo(written.size());
    }
}
