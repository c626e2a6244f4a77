package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What keeps the last stable offset back, as readers see it while it changes. */
class TransactionsTest {
    private static final long ROUNDS = 200_000;

    private final Transactions transactions = new Transactions();

    /**
     * Neither open nor ended, its records would be sent before they are known to be rolled back.
     */
    @Test
    void aTransactionWhoseMarkerIsNotVisibleYetKeepsTheOffsetBack() throws InterruptedException {
        AtomicLong end = new AtomicLong();
        AtomicLong tooHigh = new AtomicLong();
        Thread reader =
                Thread.ofPlatform()
                        .start(() -> {
                            while (end.get() < 2 * ROUNDS) {
                                long highWatermark = end.get();
                                long stable = transactions.lastStable(highWatermark);
                                // Odd: the batch is there, and its marker is not.
                                boolean isOpen = highWatermark % 2 == 1;
                                if (isOpen
                                        && stable == highWatermark
                                        && end.get() == highWatermark) {
                                    tooHigh.incrementAndGet();
                                }
                            }
                        });
        for (long first = 0; first < 2 * ROUNDS; first += 2) {
            transactions.begin(first, 7);
            end.set(first + 1);
            transactions.end(first, first + 1);
            end.set(first + 2);
            // Or all that ended would be kept.
            assertThat(transactions.lastStable(first + 2)).isEqualTo(first + 2);
        }
        reader.join();

        assertThat(tooHigh.get()).isZero();
    }

    @Test
    void whatIsReadAgainHoldsItBackMeanwhile() {
        transactions.begin(3, 7);

        transactions.rebuild();
        transactions.clear();
        assertThat(transactions.lastStable(10)).isEqualTo(3);
        transactions.begin(5, 8);
        assertThat(transactions.lastStable(10)).isEqualTo(3);
        transactions.rebuilt();

        assertThat(transactions.lastStable(10)).isEqualTo(5);
    }
}
