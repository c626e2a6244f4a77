package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.raft.Isolation;
import org.apache.kafka.raft.LogOffsetMetadata;
import org.apache.kafka.server.common.OffsetAndEpoch;
import org.apache.kafka.snapshot.RawSnapshotReader;
import org.apache.kafka.snapshot.RawSnapshotWriter;

/**
 * What a metadata log has to have after whatever became of its disk: random changes of one, and
 * what of them must be there.
 */
final class SurvivingMetadata {
    /** What the log had when an append or a cut last returned; by offset. */
    private final TreeMap<Long, String> durable = new TreeMap<>();

    /** What a call that did not return may have left behind it. */
    private final List<String> maybe = new ArrayList<>();

    /** Of the first of these. */
    private long maybeFirst;

    /** Where a cut that did not return may have cut; -1 for none. */
    private long maybeCut = -1;

    private OffsetAndEpoch frozen = new OffsetAndEpoch(0, 0);
    private OffsetAndEpoch maybeFrozen = new OffsetAndEpoch(0, 0);
    private long committed;
    private int epoch = 1;
    private int counter;

    void step(MetadataLog log, RandomGenerator random) {
        switch (random.nextInt(16)) {
            case 0 -> truncate(log, random);
            case 1, 2 -> snapshot(log);
            case 3 -> log.maybeClean();
            case 4 -> fetchSnapshot(log, random);
            case 5 -> log.initializeLeaderEpoch(++epoch);
            default -> append(log, random);
        }
    }

    void append(MetadataLog log, RandomGenerator random) {
        long first = log.endOffset().offset();
        maybeFirst = first;
        List<SimpleRecord> records = new ArrayList<>();
        for (int i = random.nextInt(4); i >= 0; i--) {
            String value = counter++ + "x".repeat(random.nextInt(200));
            maybe.add(value);
            records.add(new SimpleRecord(1000L, value.getBytes(StandardCharsets.UTF_8)));
        }
        log.appendAsLeader(
                MemoryRecords.withRecords(
                        first, Compression.NONE, epoch, records.toArray(SimpleRecord[]::new)),
                epoch);
        for (int i = 0; i < maybe.size(); i++) {
            durable.put(first + i, maybe.get(i));
        }
        maybe.clear();
        if (random.nextBoolean()) {
            commit(log);
        }
    }

    /** An append failed, and the log goes on: what of it is there counts with the next one. */
    void refused(MetadataLog log) {
        for (int i = 0; i < maybe.size() && maybeFirst + i < log.endOffset().offset(); i++) {
            durable.put(maybeFirst + i, maybe.get(i));
        }
        maybe.clear();
    }

    private void commit(MetadataLog log) {
        committed = log.endOffset().offset();
        log.updateHighWatermark(new LogOffsetMetadata(committed));
    }

    private void truncate(MetadataLog log, RandomGenerator random) {
        long end = log.endOffset().offset();
        long lowest = Math.max(committed, log.startOffset());
        if (lowest < end) {
            long wanted = random.nextLong(lowest, end);
            // At the begin of a batch, as where an epoch ends.
            long to = log.read(wanted, Isolation.UNCOMMITTED, 1).startOffsetMetadata.offset();
            if (to >= lowest) {
                maybeCut = to;
                log.truncateTo(to);
                durable.tailMap(to).clear();
                // Durable with the next append only; until then the cut may be undone.
                append(log, random);
                maybeCut = -1;
            }
        }
    }

    private void snapshot(MetadataLog log) {
        commit(log);
        OffsetAndEpoch id = new OffsetAndEpoch(committed, log.lastFetchedEpoch());
        if (committed > 0 && id.compareTo(frozen) > 0) {
            log.createNewSnapshotUnchecked(id).ifPresent(writer -> freeze(writer, id));
        }
    }

    private void freeze(RawSnapshotWriter writer, OffsetAndEpoch id) {
        maybeFrozen = id;
        try (writer) {
            writer.append(contents(id));
            writer.freeze();
        }
        frozen = id;
    }

    private static MemoryRecords contents(OffsetAndEpoch id) {
        String text = ("snapshot " + id).repeat(30);
        return MemoryRecords.withRecords(
                0,
                Compression.NONE,
                id.epoch(),
                new SimpleRecord(1000L, text.getBytes(StandardCharsets.UTF_8)));
    }

    /** One from a leader that is far ahead: the log begins behind it. */
    private void fetchSnapshot(MetadataLog log, RandomGenerator random) {
        if (random.nextInt(4) == 0) {
            OffsetAndEpoch id =
                    new OffsetAndEpoch(log.endOffset().offset() + 1 + random.nextInt(5), epoch);
            log.createNewSnapshotUnchecked(id).ifPresent(writer -> freeze(writer, id));
            if (log.truncateToLatestSnapshot()) {
                durable.clear();
                committed = id.offset();
            }
        }
    }

    void check(MetadataLog log) {
        long start = log.startOffset();
        long end = log.endOffset().offset();
        OffsetAndEpoch latest = log.latestSnapshotId().orElse(new OffsetAndEpoch(0, 0));
        assertThat(latest).isBetween(frozen, maybeFrozen);
        assertThat(start).isLessThanOrEqualTo(latest.offset());
        log.latestSnapshot().ifPresent(SurvivingMetadata::checkWhole);
        if (latest.offset() > 0 && start == latest.offset() && end == start) {
            durable.headMap(start).clear();
        }
        TreeMap<Long, String> found = new TreeMap<>();
        for (long at = start; at < end; ) {
            for (Record record : records(log, at)) {
                found.put(record.offset(), value(record));
                at = record.offset() + 1;
            }
        }
        checkRecords(found, start, end);
        durable.clear();
        durable.putAll(found);
        maybe.clear();
        frozen = latest;
        maybeFrozen = latest;
        committed = Math.max(start, Math.min(committed, end));
        log.updateHighWatermark(new LogOffsetMetadata(committed));
        epoch = Math.max(epoch, log.lastFetchedEpoch());
    }

    private void checkRecords(Map<Long, String> found, long start, long end) {
        for (Map.Entry<Long, String> each : durable.tailMap(start).entrySet()) {
            boolean mayBeAnother = maybeCut >= 0 && each.getKey() >= maybeCut;
            if (!mayBeAnother) {
                assertThat(found)
                        .as("from %d", start)
                        .containsEntry(each.getKey(), each.getValue());
            }
        }
        assertThat(found).as("%d..%d", start, end).hasSize((int) (end - start));
        maybeCut = -1;
    }

    private static Iterable<Record> records(MetadataLog log, long from) {
        return ((MemoryRecords) log.read(from, Isolation.UNCOMMITTED, 1 << 20).records).records();
    }

    private static String value(Record record) {
        return StandardCharsets.UTF_8.decode(record.value()).toString();
    }

    private static void checkWhole(RawSnapshotReader snapshot) {
        MemoryRecords wanted = contents(snapshot.snapshotId());
        assertThat(snapshot.sizeInBytes()).isEqualTo(wanted.sizeInBytes());
        assertThat(value(snapshot.records().batches().iterator().next().iterator().next()))
                .isEqualTo(value(wanted.records().iterator().next()));
    }
}
