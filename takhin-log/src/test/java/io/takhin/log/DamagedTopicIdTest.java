package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/**
 * A killed process left a log, and a bit is another in the file that says which topic's it is, or
 * nothing is in the file.
 */
class DamagedTopicIdTest extends JournalFixture {
    private Path partition() {
        return root.resolve("orders-0");
    }

    private Path file() {
        return partition().resolve(PartitionMetadataFile.NAME);
    }

    private long flip(RandomGenerator random) throws IOException {
        long bit = random.nextLong(8 * Files.size(file()));
        DamagedFilesTest.flip(file(), bit);
        return bit;
    }

    @Seeded(runs = 40)
    void whatOnlyTheJournalHasIsPutBack(RandomGenerator random) throws IOException {
        prepare();
        long durable = Files.size(segment());
        append("a");
        append("b");
        assertThat(backlog().journalBytes()).isPositive();
        crash(durable);
        long bit = flip(random);

        reopen();

        assertThat(found()).as("bit %d", bit).isEqualTo(written);
    }

    /** Or what is said of the log in the journal from now on would be of another topic. */
    @Seeded(runs = 20)
    void theJournalSaysWhoseTheLogIs(RandomGenerator random) throws IOException {
        prepare();
        append("a");
        directory.abandon();
        long bit = flip(random);

        reopen();

        assertThat(directory.logs())
                .as("bit %d", bit)
                .extracting(PartitionLog::topicId)
                .containsExactly(topic);
        assertThat(PartitionMetadataFile.read(partition())).as("bit %d", bit).isEqualTo(topic);
    }

    /** Its recovery point is not written yet, and nothing of it is in the journal. */
    @Seeded(runs = 40)
    void aYoungLogKeepsItsPlace(RandomGenerator random) throws IOException {
        append("a");
        directory.abandon();
        long bit = flip(random);

        reopen();

        assertThat(found()).as("bit %d", bit).isEqualTo(written);
        assertThat(PartitionMetadataFile.read(partition())).as("bit %d", bit).isEqualTo(topic);
        assertThat(setAside()).as("bit %d", bit).isEmpty();
    }

    private List<Path> setAside() throws IOException {
        try (Stream<Path> all = Files.list(root)) {
            return all.filter(each -> each.toString().endsWith("-stray")).toList();
        }
    }

    /** Returns a new topic of the old one's name; it ends where an entry of the old one goes on. */
    private PartitionLog comeBackAs(Uuid other) {
        List<String> values = written.stream().map(each -> each.split("=", 2)[1]).toList();
        append("old");
        written.removeLast();
        directory.delete(ORDERS);
        PartitionLog log = directory.open(ORDERS, other, Batches.config());
        values.forEach(value -> log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT));
        return log;
    }

    @Seeded(runs = 20)
    void aTopicThatCameBackGetsNothingOfTheOldOne(RandomGenerator random) throws IOException {
        prepare();
        Uuid other = Uuid.randomUuid();
        comeBackAs(other).flush();
        directory.abandon();
        long bit = flip(random);

        reopen();

        assertThat(Batches.all(directory.open(ORDERS, other, Batches.config())))
                .as("bit %d", bit)
                .isEqualTo(written);
    }

    /** As a power cut leaves the file before the first flush. */
    @Test
    void aTopicThatCameBackGetsNothingOfTheOldOneThoughItsIdWasLost() throws IOException {
        prepare();
        comeBackAs(Uuid.randomUuid());
        directory.abandon();
        Files.write(file(), new byte[0]);

        reopen();

        assertThat(directory.logs())
                .extracting(PartitionLog::logEndOffset)
                .containsExactly((long) written.size());
    }

    @Test
    void recordsOfALogWhoseIdWasLostAreNobodys() throws IOException {
        orders().appendAsLeader(Batches.of("a"), 0, Origin.CLIENT);
        directory.abandon();
        Files.write(file(), new byte[30]);

        reopen();

        assertThat(found()).isEmpty();
        assertThat(setAside()).hasSize(1);
    }
}
