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
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A journal that rots, and a power cut: what the segments lost is put back all the same. */
class JournalDamageTest extends JournalFixture {
    private static final TopicPartition OTHER = new TopicPartition("other", 0);

    /** Of an entry for orders, from its begin. */
    private static final int NAME_AT = JournalFormat.ENTRY_BYTES;

    private Path otherSegment;
    private long otherBytes;

    @BeforeEach
    void twoPartitions() throws IOException {
        prepare();
        other("to the segment").flush();
        otherSegment = PartitionFiles.log(root.resolve("other-0"), 0);
        otherBytes = Files.size(otherSegment);
    }

    private PartitionLog other(String value) {
        PartitionLog log = directory.open(OTHER, topic, Batches.config());
        log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT);
        return log;
    }

    private List<String> others() throws IOException {
        return Batches.all(directory.open(OTHER, topic, Batches.config()));
    }

    /** Also of the other segment only what was there before the journal took anything is left. */
    private void crashBoth(long segmentBytes) throws IOException {
        crash(segmentBytes);
        try (FileChannel file = FileChannel.open(otherSegment, StandardOpenOption.WRITE)) {
            file.truncate(otherBytes);
        }
    }

    /** In the half in use, of which each round of these tests takes one block. */
    private long round(int number) throws IOException {
        return startOfUsedHalf() + (1L + number) * JournalFormat.BLOCK_BYTES;
    }

    private void flip(long position) throws IOException {
        try (FileChannel file =
                FileChannel.open(journal(), StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            file.read(one, position);
            one.put(0, (byte) (one.get(0) ^ 4)).flip();
            file.write(one, position);
        }
    }

    /** In the CRC, the size, the kind, the partition, the name, and what the record says. */
    @ParameterizedTest
    @ValueSource(ints = {0, 6, 16, 39, NAME_AT + 1, NAME_AT + 70})
    void whatOtherPartitionsHaveBehindADamagedEntryIsPutBack(int at) throws IOException {
        long durable = Files.size(segment());
        append("a");
        append("damaged");
        append("b");
        other("behind").flush();
        crashBoth(durable);
        flip(round(1) + at);

        reopen();

        assertThat(found()).isEqualTo(written.subList(0, written.size() - 2));
        assertThat(others()).containsExactly("0=to the segment", "1=behind");
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void damageBringsNothingBackThatWasCutOff(boolean both) throws IOException {
        int kept = written.size();
        append("a");
        append("b");
        orders().truncateTo(kept);
        written.subList(kept, written.size()).clear();
        directory.groupCommit().commitAndWait(List.of(orders()));
        other("behind").flush();
        long end = Files.size(segment());
        other("and another one").flush();
        crashBoth(end);
        if (both) {
            overwrite(journal(), round(2), new byte[2 * JournalFormat.BLOCK_BYTES + 50]);
        } else {
            flip(round(2) + NAME_AT);
        }

        reopen();

        assertThat(found()).isEqualTo(written);
        assertThat(others()).contains("0=to the segment");
    }
}
