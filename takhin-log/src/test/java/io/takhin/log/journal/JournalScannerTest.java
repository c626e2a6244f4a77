package io.takhin.log.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A round that a power cut tore, told from one that was durable and is damaged. */
class JournalScannerTest {
    private static final long GENERATION = 7;
    private static final int PAYLOAD_BYTES = 300;
    private static final int SPREAD_BYTES = 4 * JournalFormat.BLOCK_BYTES;
    private static final TopicPartition A = new TopicPartition("a", 0);
    private static final TopicPartition B = new TopicPartition("b", 1);

    @TempDir Path directory;
    private final ByteBuffer journal = ByteBuffer.allocate(1 << 16);

    private int put(JournalFormat.Kind kind, int round, TopicPartition partition, int bytes) {
        int at = journal.position();
        int end = JournalFormat.putName(journal, at, partition) + bytes;
        JournalEntry entry =
                new JournalEntry(
                        kind, GENERATION, round, Uuid.ONE_UUID, partition, 0, 0, 0, 0, bytes, 0);
        JournalFormat.putEntry(journal, at, entry);
        journal.position(end);
        return at;
    }

    private int data(int round, TopicPartition partition) {
        return put(JournalFormat.Kind.DATA, round, partition, PAYLOAD_BYTES);
    }

    /** Ends the round at a block. */
    private void pad(int round) {
        int at = journal.position();
        int bytes = (int) JournalFormat.roundUp(at) - at - JournalFormat.ENTRY_BYTES;
        put(JournalFormat.Kind.PADDING, round, new TopicPartition("", 0), bytes);
    }

    private void damage(int at) {
        journal.put(at + JournalFormat.ENTRY_BYTES + 20, (byte) 1);
    }

    /** Each entry as its partition and round, damage as what is said of it. */
    private List<String> scan() throws IOException {
        Path file = directory.resolve("journal");
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE)) {
            channel.write(journal.duplicate().rewind().limit(journal.capacity()));
            JournalScanner scanner = new JournalScanner(channel, GENERATION, 0, journal.capacity());
            List<String> found = new ArrayList<>();
            JournalScanner.Damage damage;
            do {
                for (JournalEntry entry = scanner.next(); entry != null; entry = scanner.next()) {
                    if (entry.kind() == JournalFormat.Kind.DATA) {
                        found.add(entry.partition() + " in " + entry.round());
                    }
                }
                damage = scanner.skipDamage(SPREAD_BYTES);
                if (damage != null) {
                    found.add("damaged: " + damage.partition() + " " + damage.mayHideForget());
                }
            } while (damage != null);
            return found;
        }
    }

    @Test
    void nothingBehindAnEntryOfTheLastRoundCounts() throws IOException {
        data(1, A);
        pad(1);
        damage(data(2, A));
        data(2, B);
        pad(2);

        assertThat(scan()).containsExactly("a-0 in 1");
    }

    @Test
    void behindADamagedEntryItGoesOnWhereALaterRoundFollows() throws IOException {
        data(1, A);
        pad(1);
        damage(data(2, A));
        data(2, B);
        pad(2);
        data(3, A);
        pad(3);

        assertThat(scan())
                .containsExactly("a-0 in 1", "damaged: a-0 false", "b-1 in 2", "a-0 in 3");
    }

    @Test
    void theSecondRoundBehindTellsOfADamagedEndOfTheFirst() throws IOException {
        data(1, A);
        int padding = journal.position();
        pad(1);
        journal.put(padding + 1, (byte) 77);
        data(2, B);
        pad(2);

        assertThat(scan()).containsExactly("a-0 in 1", "damaged: null false", "b-1 in 2");
    }

    @Test
    void theRoundsCountOnFromOne() throws IOException {
        data(255, A);
        pad(255);
        damage(data(1, A));
        pad(1);
        data(2, B);
        pad(2);

        assertThat(scan()).containsExactly("a-0 in 255", "damaged: a-0 false", "b-1 in 2");
    }

    @Test
    void aJournalThatNumbersNoRoundsEndsAtTheFirstEntryThatIsNotWhole() throws IOException {
        data(0, A);
        pad(0);
        damage(data(0, A));
        pad(0);
        data(0, B);
        pad(0);

        assertThat(scan()).containsExactly("a-0 in 0");
    }

    @Test
    void muchThatIsLostMayHaveHiddenACut() throws IOException {
        data(1, A);
        pad(1);
        int from = data(2, A);
        journal.position(from + 3 * JournalFormat.BLOCK_BYTES);
        data(3, B);
        pad(3);
        journal.put(from, new byte[3 * JournalFormat.BLOCK_BYTES]);

        assertThat(scan()).containsExactly("a-0 in 1", "damaged: null true", "b-1 in 3");
    }
}
