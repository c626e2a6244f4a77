package io.takhin.log;

import io.takhin.log.ModelProducers.Known;
import io.takhin.log.SentBatch.Marker;
import io.takhin.log.SentBatch.Writer;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.jspecify.annotations.Nullable;

/**
 * Producers of all kinds and the coordinator of their transactions, as they go on from what a log
 * knows of them. All codecs are used; times rise on the whole, and not from record to record.
 */
final class TransactionWriters {
    private static final long IDEMPOTENT = 10;
    private static final long TRANSACTIONAL = 20;
    private static final int PRODUCERS_EACH = 3;
    private static final CompressionType[] CODECS = CompressionType.values();

    private final RandomGenerator random;
    private long time = Batches.NOW - 3_000_000;
    private int counter;

    TransactionWriters(RandomGenerator random) {
        this.random = random;
    }

    SentBatch next(ModelProducers producers) {
        return switch (random.nextInt(8)) {
            case 0 -> data(Writer.ANYBODY);
            case 1, 2 -> idempotent(producers);
            default -> transactional(producers);
        };
    }

    private SentBatch idempotent(ModelProducers producers) {
        long id = IDEMPOTENT + random.nextInt(PRODUCERS_EACH);
        return data(id, producers.known().get(id), false);
    }

    private SentBatch transactional(ModelProducers producers) {
        long id = TRANSACTIONAL + random.nextInt(PRODUCERS_EACH);
        Known known = producers.known().get(id);
        boolean open = known != null && known.inTransaction();
        // Of a transaction that has no records here a marker comes, too.
        return random.nextInt(open ? 4 : 20) == 0 ? marker(id, known) : data(id, known, true);
    }

    private SentBatch marker(long id, @Nullable Known known) {
        int epoch = known == null ? 0 : known.state().epoch();
        int coordinatorEpoch = known == null ? 0 : Math.max(0, known.state().coordinatorEpoch());
        ControlRecordType type =
                random.nextInt(3) == 0 ? ControlRecordType.COMMIT : ControlRecordType.ABORT;
        return SentBatch.end(
                id,
                // One of its own for each transaction (KIP-890), or to fence its producer.
                epoch + random.nextInt(2),
                new Marker(type, coordinatorEpoch + (random.nextInt(5) == 0 ? 1 : 0)),
                nextTime());
    }

    private SentBatch data(long id, @Nullable Known known, boolean transactional) {
        if (known == null) {
            int first = random.nextInt(3) == 0 ? Integer.MAX_VALUE - random.nextInt(8) : 0;
            return data(new Writer(id, random.nextInt(3), first, transactional));
        }
        int epoch = known.state().epoch();
        return known.inTransaction() || random.nextInt(10) > 0
                ? data(new Writer(id, epoch, known.nextSequence(), transactional))
                : data(new Writer(id, epoch + 1, 0, transactional));
    }

    private SentBatch data(Writer writer) {
        List<Long> times = new ArrayList<>();
        for (int i = random.nextInt(3); i >= 0; i--) {
            times.add(nextTime());
        }
        Compression codec = Compression.of(CODECS[random.nextInt(CODECS.length)]).build();
        return SentBatch.data(writer, codec, times, counter++ + "-" + filling());
    }

    /** In part what no codec makes shorter. */
    private String filling() {
        StringBuilder text = new StringBuilder("x".repeat(random.nextInt(60)));
        for (int i = random.nextInt(8); i > 0; i--) {
            text.append(Long.toHexString(random.nextLong()));
        }
        return text.toString();
    }

    private long nextTime() {
        time += random.nextInt(100);
        return time + random.nextInt(3000);
    }
}
