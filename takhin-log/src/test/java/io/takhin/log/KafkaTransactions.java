package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.storage.internals.log.UnifiedLog;

/**
 * Holds what Kafka finds in a partition's files after a clean stop against a {@link
 * TransactionModel}: it looks at no batch then.
 */
final class KafkaTransactions {
    private KafkaTransactions() {}

    /** Kafka knows files of the real file system alone. */
    static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                Files.write(to.resolve(file.getFileName().toString()), Files.readAllBytes(file));
            }
        }
    }

    /**
     * @param start what the log's start is here; Kafka is not told
     */
    static void check(Path directory, LogConfig config, TransactionModel model, long start)
            throws IOException {
        try (KafkaLog kafka = KafkaLog.open(directory, config, true)) {
            UnifiedLog log = kafka.log();
            log.updateHighWatermark(model.end());

            assertThat(log.logEndOffset()).isEqualTo(model.end());
            assertThat(Math.max(log.lastStableOffset(), start))
                    .isEqualTo(model.lastStableOffset(start));
            if (log.logStartOffset() < log.logEndOffset()) {
                // A snapshot at the start is one that Kafka drops, with all it says.
                assertThat(producersOf(log))
                        .containsExactlyInAnyOrderElementsOf(model.producers().states());
            }
            assertThat(abortedIn(log, start, model.end()))
                    .isEqualTo(model.aborted(start, model.end()));
        }
    }

    private static List<ActiveProducer> producersOf(UnifiedLog log) {
        return log.activeProducers().stream()
                .map(one ->
                        new ActiveProducer(
                                one.producerId(),
                                (short) one.producerEpoch(),
                                one.lastSequence(),
                                one.lastTimestamp(),
                                one.coordinatorEpoch(),
                                one.currentTxnStartOffset()))
                .toList();
    }

    private static List<AbortedTransaction> abortedIn(UnifiedLog log, long from, long to) {
        return log.collectAbortedTransactions(from, to).stream()
                // Kafka adds those before that touch the first segment.
                .filter(one -> one.lastOffset() >= from)
                .map(one ->
                        new AbortedTransaction(
                                one.producerId(),
                                one.firstOffset(),
                                one.lastOffset(),
                                one.lastStableOffset()))
                .toList();
    }
}
