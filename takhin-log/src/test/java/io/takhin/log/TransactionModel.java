package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.protocol.BatchHeader;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * What was written to one log, batch by batch, and what of it was acknowledged. Each batch knows
 * the one before it and what all up to it say of producers and transactions, so that whatever
 * prefix survives a power cut says what the log has to know then.
 */
final class TransactionModel {
    final Uuid topic = Uuid.randomUuid();
    final SurvivingStart start = new SurvivingStart();

    /** By base offset, those of the log as it is now, also those that were deleted since. */
    private TreeMap<Long, Placed> batches = new TreeMap<>();

    /** What a power cut may bring back, or leave of a write that was refused. */
    private final List<Placed> others = new ArrayList<>();

    /** Where the log ends when it has no batches. */
    private long emptyAt;

    /** Whether that it was emptied may not be durable. */
    private boolean emptied;

    private long acknowledged;

    /** A batch in its place; each is one of its own, whatever it says. */
    static final class Placed {
        final SentBatch sent;
        final long base;
        final int leaderEpoch;
        final @Nullable Placed previous;
        final ModelProducers after;

        Placed(@Nullable Placed previous, SentBatch sent, long base, int leaderEpoch) {
            this.sent = sent;
            this.base = base;
            this.leaderEpoch = leaderEpoch;
            this.previous = previous;
            this.after = producersAfter(previous).then(sent, base);
        }

        long next() {
            return base + sent.count();
        }

        ByteBuffer bytes() {
            return sent.placed(base, leaderEpoch);
        }

        @Override
        public String toString() {
            return base + ": " + sent;
        }
    }

    long end() {
        return batches.isEmpty() ? emptyAt : batches.lastEntry().getValue().next();
    }

    long acknowledged() {
        return acknowledged;
    }

    ModelProducers producers() {
        return producersAfter(last());
    }

    private static ModelProducers producersAfter(@Nullable Placed last) {
        return last == null ? ModelProducers.NONE : last.after;
    }

    /** Of transactions that were rolled back, those that touch the range. */
    List<AbortedTransaction> aborted(long from, long to) {
        return producers().aborted().stream()
                .filter(txn -> txn.lastOffset() >= from && txn.firstOffset() < to)
                .toList();
    }

    /** Once all replicas have all of it. */
    long lastStableOffset(long logStart) {
        long open = producers().firstOpen();
        return Math.max(logStart, open < 0 ? end() : open);
    }

    Collection<Placed> batches() {
        return batches.values();
    }

    private @Nullable Placed last() {
        return batches.isEmpty() ? null : batches.lastEntry().getValue();
    }

    boolean endsWithMarker() {
        Placed last = last();
        return last != null && last.sent.marker() != null;
    }

    void appended(SentBatch sent, int leaderEpoch) {
        long base = end();
        batches.put(base, new Placed(last(), sent, base, leaderEpoch));
    }

    /** Refused one and all; a part of them, or all, may have reached the disk. */
    void attempted(List<SentBatch> sent, int leaderEpoch) {
        Placed previous = last();
        long base = end();
        for (SentBatch each : sent) {
            previous = new Placed(previous, each, base, leaderEpoch);
            others.add(previous);
            base = previous.next();
        }
    }

    /** All there is now is on the disk, and what was cut off before is gone for good. */
    void flushed() {
        others.clear();
        emptied = false;
        acknowledged = end();
        start.flushed();
    }

    /** Whether a start may find what is not in the log now. */
    boolean mayGetBack() {
        return !others.isEmpty();
    }

    void acknowledgedUpTo(long offset) {
        if (!emptied) {
            acknowledged = Math.max(acknowledged, Math.min(offset, end()));
        }
    }

    /** At the begin of a batch. */
    void truncated(long to) {
        Map<Long, Placed> cut = batches.tailMap(to, true);
        others.addAll(cut.values());
        cut.clear();
        if (batches.isEmpty()) {
            emptyAt = to;
        }
        acknowledged = Math.min(acknowledged, to);
        start.truncated(to);
    }

    /** Nothing is known of what was before. */
    void emptied(long at) {
        others.addAll(batches.values());
        batches.clear();
        emptyAt = at;
        emptied = true;
        acknowledged = 0;
        start.emptied(at);
    }

    /** Where one of these batches begins; the end where there is none. */
    long anyBase(long from, RandomGenerator random, Predicate<Placed> wanted) {
        List<Placed> found = batches.tailMap(from, true).values().stream().filter(wanted).toList();
        return found.isEmpty() ? end() : found.get(random.nextInt(found.size())).base;
    }

    /** Holds what a log has after a power cut against all this, and takes it from now on. */
    void recovered(PartitionLog log, List<ByteBuffer> found) {
        start.check(log);
        assertThat(log.logEndOffset())
                .as("end of %s", log.topicPartition())
                .isGreaterThanOrEqualTo(Math.max(log.logStartOffset(), acknowledged));
        Placed last = found.isEmpty() ? lastBefore(log) : lastOf(log, found);
        assertThat(last == null ? log.logStartOffset() : last.next())
                .as("end of %s", log.topicPartition())
                .isEqualTo(log.logEndOffset());
        take(last, log.logEndOffset());
        start.found(log.logStartOffset());
        emptied = false;
    }

    private Placed lastOf(PartitionLog log, List<ByteBuffer> found) {
        Placed last = find(log, found.getFirst());
        assertThat(last.base)
                .as("first batch of %s", log.topicPartition())
                .isLessThanOrEqualTo(log.logStartOffset());
        for (ByteBuffer bytes : found.subList(1, found.size())) {
            assertThat(BatchHeader.baseOffset(bytes, 0))
                    .as("where %s goes on", log.topicPartition())
                    .isEqualTo(last.next());
            Placed next = find(log, bytes);
            assertThat(next.previous).as("before %s in %s", next, log).isSameAs(last);
            last = next;
        }
        return last;
    }

    private Placed find(PartitionLog log, ByteBuffer bytes) {
        long base = BatchHeader.baseOffset(bytes, 0);
        Placed here = batches.get(base);
        if (here != null && (base < acknowledged || here.bytes().equals(bytes))) {
            assertThat(bytes)
                    .as("batch %s of %s", here, log.topicPartition())
                    .isEqualTo(here.bytes());
            return here;
        }
        return others.stream()
                .filter(each -> each.base == base && each.bytes().equals(bytes))
                .findFirst()
                .orElseThrow(() ->
                        new AssertionError(
                                "%s has at %d what nobody wrote"
                                        .formatted(log.topicPartition(), base)));
    }

    /** Of a log without records only its producers may say which one it is. */
    private @Nullable Placed lastBefore(PartitionLog log) {
        long end = log.logEndOffset();
        List<Optional<Placed>> possible = new ArrayList<>();
        // What was emptied may have got that far, and nothing that came then.
        boolean begins = end == 0 || batches.isEmpty() || emptied;
        for (Placed each : Stream.concat(batches.values().stream(), others.stream()).toList()) {
            begins |= each.base == end && each.previous == null;
            if (each.next() == end) {
                possible.add(Optional.of(each));
            }
        }
        if (begins) {
            possible.add(Optional.empty());
        }
        Set<ActiveProducer> known = Set.copyOf(log.activeProducers());
        return possible.stream()
                .filter(each ->
                        Set.copyOf(producersAfter(each.orElse(null)).states()).equals(known))
                .findFirst()
                .orElse(possible.getFirst())
                .orElse(null);
    }

    private void take(@Nullable Placed last, long end) {
        TreeMap<Long, Placed> now = new TreeMap<>();
        for (Placed each = last; each != null; each = each.previous) {
            now.put(each.base, each);
        }
        // What else was possible stays so: that it is gone is not durable.
        batches.values().stream().filter(each -> now.get(each.base) != each).forEach(others::add);
        others.removeIf(each -> now.get(each.base) == each);
        batches = now;
        emptyAt = end;
    }
}
