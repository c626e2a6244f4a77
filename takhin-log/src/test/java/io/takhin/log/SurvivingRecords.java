package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;

/**
 * What one log may hold after a power cut, and what it must: every record that was acknowledged,
 * then at most what was written since, none of it twice, and nothing else.
 */
final class SurvivingRecords {
    final Uuid topic = Uuid.randomUuid();

    /** By offset: the value there now, and last; before it those that a lost cut may bring back. */
    private final TreeMap<Long, List<String>> possible = new TreeMap<>();

    private final TreeSet<Long> batches = new TreeSet<>();
    private long end;
    private long acknowledged;
    private long acknowledgedOnceCut;
    private final SurvivingStart start = new SurvivingStart();

    long end() {
        return end;
    }

    long acknowledged() {
        return acknowledged;
    }

    long start() {
        return start.most();
    }

    void appended(long firstOffset, List<String> values) {
        long offset = firstOffset;
        batches.add(firstOffset);
        for (String value : values) {
            List<String> there = possible.computeIfAbsent(offset, _ -> new ArrayList<>(1));
            there.remove(value);
            there.add(value);
            offset++;
        }
        end = offset;
    }

    /** Refused at the offset; a part of it, or all, may have reached the disk. */
    void attempted(long offset, String value) {
        possible.computeIfAbsent(offset, _ -> new ArrayList<>(1)).addFirst(value);
    }

    /** At the offset now. */
    String valueAt(long offset) {
        List<String> values = possible.get(offset);
        return values == null || offset >= end ? "nothing" : values.getLast();
    }

    /** Whether the log has these already. */
    boolean has(List<String> values) {
        return possible.headMap(end).values().stream()
                .anyMatch(there -> there.getLast().equals(values.getFirst()));
    }

    /** All there is now is on the disk, and what was cut off before is gone for good. */
    void flushed() {
        possible.tailMap(end, true).clear();
        possible.values().forEach(values -> values.subList(0, values.size() - 1).clear());
        acknowledged = end;
        start.flushed();
    }

    /** Where one of the batches begins that are there now, or the end. */
    long anyBatch(long from, RandomGenerator random) {
        List<Long> begins = new ArrayList<>(batches.tailSet(from));
        begins.add(end);
        return begins.get(random.nextInt(begins.size()));
    }

    /**
     * The log is being cut. Where all that is left was deleted before, no record can be missed, and
     * a power cut meanwhile may leave an empty log that starts where it was known to start last.
     */
    void truncating(long to) {
        batches.tailSet(to).clear();
        end = to;
        acknowledgedOnceCut = Math.min(acknowledged, to);
        acknowledged = to <= start.most() ? 0 : acknowledgedOnceCut;
        start.truncated(to);
    }

    /** It was cut: an empty log goes on there, too. */
    void truncated() {
        acknowledged = acknowledgedOnceCut;
    }

    /** Records below may be gone. */
    void startMayBe(long offset) {
        start.mayBe(offset);
    }

    /** Holds the log against all this, and takes what it has from now on. */
    void check(PartitionLog log) throws IOException {
        long first = log.logStartOffset();
        // The first batch may begin below the log's start.
        List<String> found =
                Batches.all(log).stream().filter(record -> offsetOf(record) >= first).toList();
        start.check(log);
        assertThat(log.logEndOffset())
                .as("end of %s, from %d", log.topicPartition(), first)
                .isGreaterThanOrEqualTo(Math.max(first, acknowledged));
        assertThat(found)
                .as("records of %s from %d", log.topicPartition(), first)
                .hasSize((int) (log.logEndOffset() - first));
        Set<String> values = new HashSet<>();
        for (int i = 0; i < found.size(); i++) {
            String record = found.get(i);
            int equals = record.indexOf('=');
            long offset = first + i;
            String value = record.substring(equals + 1);
            assertThat(record).startsWith(offset + "=");
            assertThat(possible.getOrDefault(offset, List.of()))
                    .as("%s %s", log.topicPartition(), record)
                    .contains(value);
            assertThat(values.add(value)).as("once: %s", record).isTrue();
        }
        settle(log, found);
    }

    private static long offsetOf(String record) {
        return Long.parseLong(record.substring(0, record.indexOf('=')));
    }

    private void settle(PartitionLog log, List<String> found) throws IOException {
        long first = log.logStartOffset();
        // What else was possible stays so: that it is gone is not durable.
        batches.clear();
        batches.addAll(Batches.bases(log));
        long offset = first;
        for (String record : found) {
            List<String> there = possible.computeIfAbsent(offset, _ -> new ArrayList<>(1));
            String value = record.substring(record.indexOf('=') + 1);
            there.remove(value);
            there.add(value);
            offset++;
        }
        end = offset;
        start.found(first);
    }

    /** A read at any offset begins with the batch that holds it. */
    static void checkRandomRead(PartitionLog log, RandomGenerator random) throws IOException {
        long first = log.logStartOffset();
        long end = log.logEndOffset();
        if (first < end) {
            long offset = random.nextLong(first, end);
            MemoryRecords read = Batches.recordsOf(log.read(offset, 1, true, end));
            assertThat(read.batches().iterator().next().baseOffset()).isLessThanOrEqualTo(offset);
            assertThat(read.batches().iterator().next().lastOffset())
                    .isGreaterThanOrEqualTo(offset);
        }
    }

    /**
     * The epochs as they were read back. Of records that a crash brought back, since their deletion
     * was not durable, they may know nothing yet.
     */
    static void checkEpochs(PartitionLog log) throws IOException {
        for (RecordBatch batch : Batches.batchesOf(log)) {
            assertThat(log.epochs().at(batch.baseOffset()))
                    .as("epoch of %d in %s", batch.baseOffset(), log.topicPartition())
                    .isIn(batch.partitionLeaderEpoch(), -1);
        }
    }

    /** A search by time finds the first such record, and each epoch ends where the next begins. */
    static void checkSearches(PartitionLog log, RandomGenerator random) throws IOException {
        long first = log.logStartOffset();
        List<Record> records = new ArrayList<>();
        TreeMap<Integer, Long> begins = new TreeMap<>();
        for (RecordBatch batch : Batches.batchesOf(log)) {
            begins.putIfAbsent(batch.partitionLeaderEpoch(), batch.baseOffset());
            for (Record record : batch) {
                if (record.offset() >= first) {
                    records.add(record);
                }
            }
        }
        for (int epoch : begins.keySet()) {
            Map.Entry<Integer, Long> next = begins.higherEntry(epoch);
            long end = next == null ? log.logEndOffset() : next.getValue();
            assertThat(log.epochs().endOf(epoch, log.logEndOffset()))
                    .as("%s of %s", epoch, log.topicPartition())
                    .isEqualTo(new EpochEnd(epoch, end));
        }
        if (!records.isEmpty()) {
            long wanted =
                    records.get(random.nextInt(records.size())).timestamp() - random.nextInt(3);
            Record expected =
                    records.stream().filter(each -> each.timestamp() >= wanted).findFirst().get();
            assertThat(log.findByTimestamp(wanted))
                    .as("%d in %s", wanted, log.topicPartition())
                    .extracting(FoundOffset::offset, FoundOffset::timestamp)
                    .containsExactly(expected.offset(), expected.timestamp());
        }
    }
}
