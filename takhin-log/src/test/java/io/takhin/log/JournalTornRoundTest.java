package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.log.journal.JournalFormat;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CountDownLatch;
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
        CountDownLatch held = holdFlusher();
        orders.appendAsLeader(batchOfOneBlock(), 0, Origin.CLIENT);
        PartitionLog other = other("never acknowledged");
        orders.requestFlush();
        other.requestFlush();
        held.countDown();
        directory.groupCommit().commitAndWait(List.of(orders, other));
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

    /** What is committed until the latch falls goes into one round. */
    private CountDownLatch holdFlusher() {
        CountDownLatch held = new CountDownLatch(1);
        CountDownLatch reached = new CountDownLatch(1);
        directory
                .groupCommit()
                .observe((_, _, _, _) -> {
                    reached.countDown();
                    awaitUninterruptibly(held);
                });
        // A log's first flush goes to its segment.
        PartitionLog first =
                directory.open(new TopicPartition("first", 0), topic, Batches.config());
        first.appendAsLeader(Batches.of("x"), 0, Origin.CLIENT);
        first.requestFlush();
        awaitUninterruptibly(reached);
        return held;
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
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
