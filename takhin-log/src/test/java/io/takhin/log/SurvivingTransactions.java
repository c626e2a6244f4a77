package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.ModelProducers.Known;
import io.takhin.log.SentBatch.Marker;
import io.takhin.log.SentBatch.Writer;
import io.takhin.log.TransactionModel.Placed;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.ControlRecordType;

/** Holds a log against its {@link TransactionModel}. */
final class SurvivingTransactions {
    private static final int RANGES = 4;
    private static final int ENTRY_BYTES = 34;

    private final PartitionLog log;
    private final TransactionModel model;
    private final RandomGenerator random;

    SurvivingTransactions(PartitionLog log, TransactionModel model, RandomGenerator random) {
        this.log = log;
        this.model = model;
        this.random = random;
    }

    /** After a start: all of it, with the files before anybody could put them right. */
    void check() throws IOException {
        NavigableMap<Long, List<AbortedTransaction>> indexes = indexes();
        model.recovered(log, batchesOf(log));
        checkIndexes(indexes);
        checkNow();
        checkTimes();
        checkEpochs();
        SurvivingRecords.checkRandomRead(log, random);
        checkProducers();
        assertThat(log.logEndOffset()).as("nothing of that was written").isEqualTo(model.end());
    }

    private static List<ByteBuffer> batchesOf(PartitionLog log) throws IOException {
        List<ByteBuffer> batches = new ArrayList<>();
        long offset = log.logStartOffset();
        while (offset < log.logEndOffset()) {
            LogRead read = log.read(offset, 1 << 20, true, log.logEndOffset());
            ByteBuffer bytes = Batches.recordsOf(read).buffer();
            assertThat(bytes.hasRemaining()).as("something at %d", offset).isTrue();
            while (bytes.hasRemaining()) {
                int size = BatchHeader.sizeInBytes(bytes, bytes.position());
                ByteBuffer batch = bytes.slice(bytes.position(), size);
                batches.add(batch);
                offset = BatchHeader.lastOffset(batch, 0) + 1;
                bytes.position(bytes.position() + size);
            }
        }
        return batches;
    }

    /** By the first offset of a segment, what its transaction index has on the disk. */
    private NavigableMap<Long, List<AbortedTransaction>> indexes() throws IOException {
        NavigableMap<Long, List<AbortedTransaction>> found = new TreeMap<>();
        try (Stream<Path> files = Files.list(log.directory())) {
            for (Path file : files.filter(each -> each.toString().endsWith(".log")).toList()) {
                String name = file.getFileName().toString().replace(".log", "");
                found.put(Long.parseLong(name), entriesOf(file.resolveSibling(name + ".txnindex")));
            }
        }
        return found;
    }

    private static List<AbortedTransaction> entriesOf(Path index) throws IOException {
        List<AbortedTransaction> entries = new ArrayList<>();
        ByteBuffer bytes =
                ByteBuffer.wrap(Files.exists(index) ? Files.readAllBytes(index) : new byte[0]);
        for (int at = 0; at + ENTRY_BYTES <= bytes.limit(); at += ENTRY_BYTES) {
            entries.add(
                    new AbortedTransaction(
                            bytes.getLong(at + 2),
                            bytes.getLong(at + 10),
                            bytes.getLong(at + 18),
                            bytes.getLong(at + 26)));
        }
        return entries;
    }

    private void checkIndexes(NavigableMap<Long, List<AbortedTransaction>> indexes) {
        for (Map.Entry<Long, List<AbortedTransaction>> each : indexes.entrySet()) {
            Long next = indexes.higherKey(each.getKey());
            assertThat(each.getValue())
                    .as("transaction index %d of %s", each.getKey(), log.topicPartition())
                    .isEqualTo(
                            model.producers().aborted().stream()
                                    .filter(txn -> txn.lastOffset() >= each.getKey())
                                    .filter(txn -> next == null || txn.lastOffset() < next)
                                    .toList());
        }
    }

    /** What readers and producers are told, at any time. */
    void checkNow() {
        assertThat(log.activeProducers())
                .as("producers of %s", log.topicPartition())
                .containsExactlyInAnyOrderElementsOf(model.producers().states());
        long start = log.logStartOffset();
        assertThat(log.lastStableOffset(model.end()))
                .as("last stable offset of %s", log.topicPartition())
                .isEqualTo(model.lastStableOffset(start));
        checkAborted(start, model.end());
        for (int i = 0; i < RANGES; i++) {
            long from = random.nextLong(start, model.end() + 1);
            checkAborted(from, random.nextLong(from, model.end() + 1));
        }
    }

    private void checkAborted(long from, long to) {
        assertThat(log.abortedTransactions(from, to))
                .as("rolled back from %d to %d in %s", from, to, log.topicPartition())
                .isEqualTo(model.aborted(from, to));
    }

    private List<Placed> visible() {
        return model.batches().stream()
                .filter(batch -> batch.next() > log.logStartOffset())
                .toList();
    }

    /** The first record that is as late. */
    void checkTimes() {
        List<Placed> visible = visible();
        if (visible.isEmpty()) {
            return;
        }
        List<Long> times = visible.get(random.nextInt(visible.size())).sent.times();
        long wanted = times.get(random.nextInt(times.size())) + random.nextInt(-3, 2);
        assertThat(log.findByTimestamp(wanted))
                .as("first at %d or later in %s", wanted, log.topicPartition())
                .isEqualTo(firstNotBefore(wanted, visible));
    }

    private FoundOffset firstNotBefore(long wanted, List<Placed> visible) {
        for (Placed batch : visible) {
            for (int i = 0; i < batch.sent.count(); i++) {
                long time = batch.sent.times().get(i);
                if (time >= wanted && batch.base + i >= log.logStartOffset()) {
                    return new FoundOffset(batch.base + i, time, batch.leaderEpoch);
                }
            }
        }
        return FoundOffset.NONE;
    }

    /** Each epoch ends where the next one begins, one without records where that would. */
    void checkEpochs() {
        TreeMap<Integer, Long> begins = new TreeMap<>();
        visible().forEach(batch -> begins.putIfAbsent(batch.leaderEpoch, batch.base));
        if (begins.isEmpty()) {
            return;
        }
        for (int epoch = begins.firstKey(); epoch <= begins.lastKey(); epoch++) {
            Map.Entry<Integer, Long> next = begins.higherEntry(epoch);
            long end = next == null ? model.end() : next.getValue();
            assertThat(log.epochs().endOf(epoch, model.end()))
                    .as("%d of %s", epoch, log.topicPartition())
                    .isEqualTo(new EpochEnd(begins.floorKey(epoch), end));
        }
    }

    /** Who may write what; all of this is refused, and the log's leader is asked. */
    private void checkProducers() {
        for (Known known : model.producers().known().values()) {
            ActiveProducer state = known.state();
            boolean transactional = known.inTransaction() || state.coordinatorEpoch() >= 0;
            int next = known.nextSequence();
            SentBatch last = known.lastBatch();
            if (last != null) {
                long base = known.lastBase();
                assertThat(log.appendAsLeader(last.copy(), 0, Origin.CLIENT))
                        .as("%s again in %s", last, log.topicPartition())
                        .isEqualTo(
                                new Append.Duplicate(
                                        base, base + last.count() - 1, -1, log.logStartOffset()));
            }
            int gap = (next + 1 + random.nextInt(5)) & Integer.MAX_VALUE;
            refused(state, state.epoch(), gap, transactional, Errors.OUT_OF_ORDER_SEQUENCE_NUMBER);
            if (state.epoch() > 0) {
                int old = state.epoch() - 1;
                refused(state, old, next, transactional, Errors.INVALID_PRODUCER_EPOCH);
                refusedMarker(
                        state, old, state.coordinatorEpoch() + 1, Errors.INVALID_PRODUCER_EPOCH);
            }
            if (state.coordinatorEpoch() > 0) {
                refusedMarker(
                        state,
                        state.epoch(),
                        state.coordinatorEpoch() - 1,
                        Errors.TRANSACTION_COORDINATOR_FENCED);
            }
            if (known.inTransaction()) {
                refused(state, state.epoch(), next, false, Errors.INVALID_TXN_STATE);
            }
        }
    }

    private void refused(
            ActiveProducer state, int epoch, int sequence, boolean transactional, Errors error) {
        Writer writer = new Writer(state.producerId(), epoch, sequence, transactional);
        refused(
                SentBatch.data(writer, Compression.NONE, List.of(Batches.NOW), "refused"),
                Origin.CLIENT,
                error);
    }

    private void refusedMarker(
            ActiveProducer state, int epoch, int coordinatorEpoch, Errors error) {
        Marker marker = new Marker(ControlRecordType.ABORT, coordinatorEpoch);
        refused(
                SentBatch.end(state.producerId(), epoch, marker, Batches.NOW),
                Origin.COORDINATOR,
                error);
    }

    private void refused(SentBatch batch, Origin origin, Errors error) {
        assertThat(log.appendAsLeader(batch.copy(), 0, origin))
                .as("%s in %s", batch, log.topicPartition())
                .isInstanceOfSatisfying(
                        Append.Refused.class,
                        refused -> assertThat(refused.error()).isEqualTo(error));
    }
}
