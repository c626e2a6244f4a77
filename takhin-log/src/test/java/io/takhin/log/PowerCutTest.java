package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.protocol.Errors;

/**
 * Appends, flushes, cuts, deletions and stops in any order on a disk that loses what was not
 * synced, and again and again the power goes in the middle of a call. Nothing acknowledged may be
 * lost, nothing may be there twice, and nothing that was not written.
 */
class PowerCutTest {
    private static final int CUTS = 10;
    private static final int LED = 2;
    private static final int PARTITIONS = 3;
    private static final int PRODUCERS = 2;
    private static final FlushRule RULE = new FlushRule(16 << 10, 1 << 10, 8 << 10, 4);

    private final ManualClock clock = new ManualClock(Batches.NOW);
    private final Map<TopicPartition, Topic> topics = new HashMap<>();
    private int counter;

    /** One partition as its clients know it. */
    private static final class Topic {
        final SurvivingRecords records = new SurvivingRecords();
        final List<Sender> senders = new ArrayList<>();
        int leaderEpoch;

        Topic() {
            for (int id = 0; id < PRODUCERS; id++) {
                senders.add(new Sender(id));
            }
        }
    }

    /** An idempotent producer: what was not acknowledged is sent again, in order. */
    private static final class Sender {
        final long id;
        final List<Sent> unacknowledged = new ArrayList<>();
        int nextSequence;

        Sender(long id) {
            this.id = id;
        }
    }

    private record Sent(int sequence, List<String> values) {}

    /** The parts of one run. */
    private record Run(SimulatedDisk disk, Path root, LogConfig config, RandomGenerator random) {}

    @Seeded(runs = 40, cutsEach = CUTS)
    void nothingAcknowledgedIsLostAndNothingIsThereTwice(RandomGenerator random)
            throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        LogConfig config =
                Batches.config(1024 + random.nextInt(3000), 50 + random.nextInt(400))
                        .with()
                        .fileDeleteDelay(Duration.ZERO)
                        .cleanup(Cleanup.delete(-1, 3000 + random.nextInt(8000)))
                        .build();
        Run run = new Run(disk, disk.root().resolve("data"), config, random);
        try {
            for (int cut = 0; cut < CUTS; cut++) {
                LogDirectory directory = open(run);
                checkAll(run, directory);
                workUntilCut(run, directory);
                disk.restart();
            }
            LogDirectory directory = openOnce(run);
            checkAll(run, directory);
            directory.close();
        } catch (AssertionError | RuntimeException | IOException e) {
            e.addSuppressed(
                    new IllegalStateException("the disk: " + String.join("\n", disk.history())));
            throw e;
        }
    }

    private LogDirectory open(Run run) throws IOException {
        if (run.random.nextInt(3) == 0) {
            run.disk.cutPowerAfter(run.random.nextInt(30));
        }
        try {
            return openOnce(run);
        } catch (IOException e) {
            assertThat(run.disk.isOut()).as(e.toString()).isTrue();
            run.disk.restart();
            return openOnce(run);
        }
    }

    private LogDirectory openOnce(Run run) throws IOException {
        LogDirectorySettings settings = Directories.settings(run.config, 1);
        return LogDirectory.open(run.root, settings, RULE, clock);
    }

    /** What the cluster does not know goes, as at a broker's start. */
    private void checkAll(Run run, LogDirectory directory) throws IOException {
        try {
            for (PartitionLog log : List.copyOf(directory.logs())) {
                Topic topic = topics.get(log.topicPartition());
                boolean known =
                        topic != null
                                && (log.topicId().equals(topic.records.topic)
                                        || log.topicId().equals(Uuid.ZERO_UUID));
                if (!known) {
                    directory.delete(log.topicPartition());
                }
            }
            for (Map.Entry<TopicPartition, Topic> each : topics.entrySet()) {
                PartitionLog log = log(run, directory, each.getKey());
                each.getValue().records.check(log);
                SurvivingRecords.checkRandomRead(log, run.random);
                SurvivingRecords.checkEpochs(log);
                SurvivingRecords.checkSearches(log, run.random);
                sendAgain(each.getValue(), log);
            }
        } catch (KafkaStorageException | IOException e) {
            assertThat(run.disk.isOut()).as(e.toString()).isTrue();
        }
    }

    private Topic topic(TopicPartition partition) {
        return topics.computeIfAbsent(partition, _ -> new Topic());
    }

    private PartitionLog log(Run run, LogDirectory directory, TopicPartition partition) {
        Topic topic = topic(partition);
        return directory.open(partition, topic.records.topic, run.config);
    }

    private void sendAgain(Topic topic, PartitionLog log) {
        for (Sender sender : topic.senders) {
            for (Sent sent : List.copyOf(sender.unacknowledged)) {
                if (!send(topic, log, sender, sent)) {
                    return;
                }
            }
        }
    }

    /** False when the log is offline. */
    private static boolean send(Topic topic, PartitionLog log, Sender sender, Sent sent) {
        ByteBuffer batch =
                Batches.idempotent(sender.id, 0, sent.sequence, sent.values.toArray(String[]::new));
        long next = log.logEndOffset();
        return switch (log.appendAsLeader(batch, topic.leaderEpoch, Origin.CLIENT)) {
            case Append.Done done -> {
                topic.records.appended(done.baseOffset(), sent.values);
                yield true;
            }
            case Append.Duplicate duplicate -> {
                long offset = duplicate.baseOffset();
                if (offset >= topic.records.start()) {
                    assertThat(topic.records.valueAt(offset)).isEqualTo(sent.values.getFirst());
                }
                yield true;
            }
            case Append.Refused refused when topic.records.has(sent.values) -> {
                // Of what a snapshot holds only the last batch is remembered, as in Kafka.
                assertThat(refused.error())
                        .isIn(Errors.OUT_OF_ORDER_SEQUENCE_NUMBER, Errors.KAFKA_STORAGE_ERROR);
                yield refused.error() != Errors.KAFKA_STORAGE_ERROR;
            }
            case Append.Refused refused -> {
                assertThat(refused.error())
                        .as("%s by %s: %s", sent, log.activeProducers(), refused.why())
                        .isEqualTo(Errors.KAFKA_STORAGE_ERROR);
                // The power may have gone after the write: nobody was told of an offset.
                for (int i = 0; i < sent.values.size(); i++) {
                    topic.records.attempted(next + i, sent.values.get(i));
                }
                yield false;
            }
        };
    }

    private void workUntilCut(Run run, LogDirectory opened) throws IOException {
        LogDirectory directory = opened;
        if (!run.disk.isOut()) {
            run.disk.cutPowerAfter(run.random.nextInt(run.random.nextInt(10) == 0 ? 600 : 150));
        }
        while (directory.isOnline() && !run.disk.isOut()) {
            try {
                if (run.random.nextInt(40) == 0) {
                    directory = restart(run, directory);
                } else {
                    step(run, directory);
                }
            } catch (KafkaStorageException | IOException e) {
                assertThat(run.disk.isOut()).as(e.toString()).isTrue();
            }
        }
        directory.abandon();
    }

    /** By a clean stop, or by a kill of the process while the machine goes on. */
    private LogDirectory restart(Run run, LogDirectory directory) throws IOException {
        if (run.random.nextBoolean()) {
            directory.close();
            if (directory.isOnline() && !run.disk.isOut()) {
                topics.values().forEach(PowerCutTest::acknowledge);
            }
        } else {
            directory.abandon();
        }
        LogDirectory reopened = openOnce(run);
        checkAll(run, reopened);
        return reopened;
    }

    private void step(Run run, LogDirectory directory) throws IOException {
        RandomGenerator random = run.random;
        TopicPartition partition = new TopicPartition("t", random.nextInt(PARTITIONS));
        PartitionLog log = log(run, directory, partition);
        Topic topic = topic(partition);
        boolean led = partition.partition() < LED;
        switch (random.nextInt(20)) {
            case 0 -> checkpoint(directory);
            case 1 -> topic.leaderEpoch++;
            case 2 -> {
                if (led || random.nextInt(3) == 0) {
                    long offset =
                            random.nextLong(
                                    log.logStartOffset(),
                                    Math.max(log.logStartOffset(), topic.records.acknowledged())
                                            + 1);
                    topic.records.startMayBe(offset);
                    log.advanceLogStart(offset);
                } else {
                    truncate(topic, log, random);
                }
            }
            case 3 -> retain(directory);
            case 5 -> directory.letRest();
            case 4 -> {
                if (random.nextInt(3) == 0) {
                    topics.remove(partition);
                    directory.delete(partition);
                }
            }
            default -> append(topic, log, led, random);
        }
    }

    private static void checkpoint(LogDirectory directory) throws IOException {
        for (PartitionLog each : directory.logs()) {
            each.files().checkpoint(500);
        }
        directory.writeCheckpoints();
    }

    private void retain(LogDirectory directory) {
        for (PartitionLog each : directory.logs()) {
            topic(each.topicPartition()).records.startMayBe(each.durableEndOffset());
        }
        new RetentionLook(directory, PartitionLog::durableEndOffset, clock, Duration.ZERO).run();
    }

    private static void truncate(Topic topic, PartitionLog log, RandomGenerator random) {
        if (random.nextInt(6) == 0) {
            topic.records.truncating(0);
            log.truncateFullyAndStartAt(0);
        } else {
            long from = random.nextInt(3) == 0 ? 0 : log.logStartOffset();
            long to = topic.records.anyBatch(from, random);
            topic.records.truncating(to);
            log.truncateTo(to);
        }
        topic.records.truncated();
        topic.leaderEpoch++;
    }

    private void append(Topic topic, PartitionLog log, boolean led, RandomGenerator random) {
        for (int i = random.nextInt(4); i >= 0; i--) {
            List<String> values = values(random);
            if (led && random.nextInt(3) > 0) {
                Sender sender = topic.senders.get(random.nextInt(PRODUCERS));
                Sent sent = new Sent(sender.nextSequence, values);
                sender.nextSequence += values.size();
                sender.unacknowledged.add(sent);
                if (!send(topic, log, sender, sent)) {
                    return;
                }
            } else {
                ByteBuffer batch = Batches.of(values.toArray(String[]::new));
                long first = log.logEndOffset();
                topic.records.appended(first, values);
                if (!(log.appendAsLeader(batch, topic.leaderEpoch, Origin.CLIENT)
                        instanceof Append.Done)) {
                    return;
                }
            }
        }
        if (random.nextInt(4) > 0) {
            log.flush();
            acknowledge(topic);
        }
    }

    private static void acknowledge(Topic topic) {
        topic.records.flushed();
        topic.senders.forEach(sender -> sender.unacknowledged.clear());
    }

    private List<String> values(RandomGenerator random) {
        List<String> values = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            values.add(counter++ + "x".repeat(random.nextInt(random.nextInt(10) == 0 ? 300 : 120)));
        }
        return values;
    }
}
