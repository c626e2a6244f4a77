package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.OffsetCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a start after a crash makes of where a log's records begin. */
class LogStartTest extends JournalFixture {
    @Test
    void recordsBehindACutBelowTheLogsStartSurviveAKill() throws IOException {
        fill(10);
        deleteBefore(8);

        orders().truncateTo(3);
        append("acknowledged");
        directory.abandon();
        reopen();

        assertThat(found()).containsExactly("3=acknowledged");
    }

    @Test
    void recordsOfALogThatWasEmptiedBelowItsStartSurviveAKill() throws IOException {
        fill(10);
        deleteBefore(8);

        orders().truncateFullyAndStartAt(2);
        append("acknowledged");
        directory.abandon();
        reopen();

        assertThat(found()).containsExactly("2=acknowledged");
    }

    @Test
    void whatOnlyTheJournalHasBehindTheStartIsPutBack() throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");
        append("b");
        long start = orders().logEndOffset() - 1;

        crash(durable);
        OffsetCheckpoint.write(root.resolve(OffsetCheckpoint.LOG_STARTS), Map.of(ORDERS, start));
        reopen();

        assertThat(found()).endsWith(written.getLast());
    }

    @Test
    void aStartThatWasNotBelievedIsForgottenBeforeRecordsFollow() throws IOException {
        fill(10);
        directory.close();
        OffsetCheckpoint.write(root.resolve(OffsetCheckpoint.LOG_STARTS), Map.of(ORDERS, 900L));
        reopen();
        append("acknowledged");

        directory.abandon();
        reopen();

        assertThat(found()).isEqualTo(written);
    }

    @Test
    void noMoreOfAStartIsWrittenThanAFlushHasCovered() throws IOException {
        fill(10);
        deleteBefore(8);
        assertThat(OffsetCheckpoint.read(root.resolve(OffsetCheckpoint.LOG_STARTS)))
                .containsEntry(ORDERS, 8L);

        PartitionLog log = orders();
        log.durability().cutTo(10, 5);
        directory.writeCheckpoints();

        assertThat(OffsetCheckpoint.read(root.resolve(OffsetCheckpoint.LOG_STARTS)))
                .containsEntry(ORDERS, 5L);
    }

    private void deleteBefore(long offset) throws IOException {
        orders().advanceLogStart(offset);
        directory.groupCommit().commitAndWait(List.of(orders()));
        directory.writeCheckpoints();
    }

    private void fill(int records) {
        for (int i = 0; i < records; i++) {
            append("value " + i);
        }
    }
}
