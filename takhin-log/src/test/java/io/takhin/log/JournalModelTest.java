package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.log.journal.JournalFile;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/**
 * Appends, cuts, deletions and crashes in any order. A crash takes from every segment what only the
 * journal had, or a part of it; nothing that was durable may be lost, and nothing cut may be there.
 */
class JournalModelTest {
    private static final FlushRule RULE = new FlushRule(48 << 10, 2 << 10, 16 << 10, 4, 1 << 10);
    private static final LogConfig CONFIG = Batches.config(12 << 10, 500);
    private static final int PARTITIONS = 4;
    private static final int STEPS = 150;

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final Map<TopicPartition, Model> models = new HashMap<>();
    private LogDirectory directory;
    private int values;

    /** What a log must have, and the values it must not have. */
    private static final class Model {
        final Uuid topic = Uuid.randomUuid();
        final List<String> records = new ArrayList<>();
        int durable;
    }

    @BeforeEach
    void start() throws IOException {
        directory = open();
    }

    @AfterEach
    void stop() {
        directory.close();
    }

    @Seeded(runs = 40)
    void nothingDurableIsLostAndNothingCutComesBack(RandomGenerator random) throws IOException {
        for (int step = 0; step < STEPS; step++) {
            TopicPartition partition = new TopicPartition("t", random.nextInt(PARTITIONS));
            switch (random.nextInt(24)) {
                case 0 -> crash(random);
                case 1 -> cut(partition, random);
                case 2 -> delete(partition, random);
                case 3 -> directory.writeCheckpoints();
                case 4 -> stopCleanly(random);
                default -> append(partition, random);
            }
        }
        crash(random);
    }

    private LogDirectory open() throws IOException {
        return LogDirectory.open(root, Directories.settings(CONFIG, 2), RULE, clock);
    }

    private Model model(TopicPartition partition) {
        return models.computeIfAbsent(partition, _ -> new Model());
    }

    private PartitionLog log(TopicPartition partition) {
        return directory.open(partition, model(partition).topic, CONFIG);
    }

    private void append(TopicPartition partition, RandomGenerator random) {
        PartitionLog log = log(partition);
        Model model = model(partition);
        for (int i = random.nextInt(5); i >= 0; i--) {
            String value =
                    values++ + "x".repeat(random.nextInt(random.nextInt(20) == 0 ? 4000 : 400));
            model.records.add(log.logEndOffset() + "=" + value);
            log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT);
        }
        if (random.nextInt(4) > 0) {
            log.flush();
            model.durable = model.records.size();
        }
    }

    private void cut(TopicPartition partition, RandomGenerator random) {
        Model model = model(partition);
        PartitionLog log = log(partition);
        int to = random.nextInt(model.records.size() + 1);
        if (random.nextInt(4) == 0) {
            log.truncateFullyAndStartAt(0);
            to = 0;
        } else {
            log.truncateTo(to);
        }
        model.records.subList(to, model.records.size()).clear();
        // What follows counts, and then what was cut must be gone for good.
        String value = values++ + "after cut";
        model.records.add(log.logEndOffset() + "=" + value);
        log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT);
        log.flush();
        model.durable = model.records.size();
    }

    private void delete(TopicPartition partition, RandomGenerator random) {
        if (random.nextBoolean()) {
            directory.delete(partition);
            models.remove(partition);
        }
    }

    private void stopCleanly(RandomGenerator random) throws IOException {
        directory.close();
        if (random.nextBoolean()) {
            // Everything is in the segments: who needs a journal?
            Files.deleteIfExists(root.resolve(JournalFile.NAME));
        }
        directory = open();
        for (Map.Entry<TopicPartition, Model> each : models.entrySet()) {
            each.getValue().durable = each.getValue().records.size();
        }
        check();
    }

    private void crash(RandomGenerator random) throws IOException {
        List<PartitionLog> logs = models.keySet().stream().map(this::log).toList();
        directory.abandon();
        for (PartitionLog log : logs) {
            loseUnsynced(log.topicPartition(), log.recoveryPoint(), random);
        }
        directory = open();
        check();
    }

    /** Segments behind the one that holds the offset have nothing that counts, and go. */
    private void loseUnsynced(TopicPartition partition, long synced, RandomGenerator random)
            throws IOException {
        Path partitionDirectory = root.resolve(PartitionFiles.directoryOf(partition));
        List<PartitionTidying.Found> segments =
                PartitionTidying.tidy(partitionDirectory).segments();
        for (PartitionTidying.Found segment : segments) {
            Path file = PartitionFiles.log(partitionDirectory, segment.baseOffset());
            boolean last = segment.equals(segments.getLast());
            if (last && synced >= segment.baseOffset()) {
                loseTail(file, positionOf(file, synced), random);
            }
        }
    }

    private static int positionOf(Path file, long offset) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            BatchScanner scanner = new BatchScanner(channel, 0, (int) channel.size(), 4096);
            while (scanner.next()) {
                if (scanner.lastOffset() >= offset) {
                    break;
                }
            }
            return scanner.position();
        }
    }

    private static void loseTail(Path file, int from, RandomGenerator random) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            int lost = (int) channel.size() - from;
            if (lost == 0) {
                return;
            }
            switch (random.nextInt(4)) {
                case 0 -> channel.truncate(from);
                case 1 -> channel.truncate(from + random.nextInt(lost));
                case 2 -> {
                    int at = from + random.nextInt(lost);
                    channel.write(ByteBuffer.allocate(from + lost - at), at);
                }
                default -> {}
            }
        }
    }

    private void check() throws IOException {
        assertThat(directory.isOnline()).isTrue();
        for (Map.Entry<TopicPartition, Model> each : models.entrySet()) {
            Model model = each.getValue();
            List<String> found = Batches.all(log(each.getKey()));
            assertThat(found).hasSizeGreaterThanOrEqualTo(model.durable);
            assertThat(found).isEqualTo(model.records.subList(0, found.size()));
            model.records.subList(found.size(), model.records.size()).clear();
            log(each.getKey()).flush();
            model.durable = model.records.size();
        }
    }
}
