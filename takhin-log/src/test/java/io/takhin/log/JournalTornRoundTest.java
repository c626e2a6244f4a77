package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.Test;

/**
 * The power goes in the middle of a round: any of its blocks may be on the disk, and others not.
 */
class JournalTornRoundTest extends JournalFixture {
    private static final TopicPartition OTHER = new TopicPartition("other", 0);

    @Test
    void blocksOfATornRoundAreNotTakenForPartsOfALaterOne() throws IOException {
        prepare();
        other("to the segment").flush();
        long ordersBytes = Files.size(segment());
        Path otherSegment = PartitionFiles.log(root.resolve("other-0"), 0);
        long otherBytes = Files.size(otherSegment);

        // One entry that fills a block, and one in the next block.
        PartitionLog orders = orders();
        orders.appendAsLeader(batchOfOneBlock(), 0, Origin.CLIENT);
        directory.groupCommit().commitAndWait(List.of(orders, other("never acknowledged")));
        assertThat(backlog().journalBytes()).isEqualTo(3L * JournalFormat.BLOCK_BYTES);
        long half = startOfUsedHalf();
        crash(ordersBytes);
        truncate(otherSegment, otherBytes);
        overwrite(journal(), half + JournalFormat.BLOCK_BYTES, new byte[512]);
        reopen();
        append("to the segment again");
        append("to the journal, one block");
        directory.abandon();
        reopen();

        assertThat(found()).isEqualTo(written);
        assertThat(Batches.all(directory.open(OTHER, topic, Batches.config())))
                .containsExactly("0=to the segment");
    }

    private PartitionLog other(String value) {
        PartitionLog log = directory.open(OTHER, topic, Batches.config());
        log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT);
        return log;
    }

    private static ByteBuffer batchOfOneBlock() {
        int length = JournalFormat.BLOCK_BYTES / 2;
        int bytes = Batches.of("x".repeat(length)).remaining();
        int missing = JournalFormat.BLOCK_BYTES - JournalFormat.entryBytes(ORDERS, bytes);
        return Batches.of("x".repeat(length + missing));
    }

    private static void truncate(Path segment, long bytes) throws IOException {
        try (FileChannel file = FileChannel.open(segment, StandardOpenOption.WRITE)) {
            file.truncate(bytes);
        }
    }
}
