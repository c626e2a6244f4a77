package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Readers at more places of a segment from before the start than it remembers as checked. */
class ManyReadersTest {
    private static final LogConfig CONFIG = Batches.config(1 << 20, 300);

    /** Far from each other, by offsets. */
    private static final int APART = 20;

    @TempDir Path root;
    private final ManualClock clock = new ManualClock(Batches.NOW);
    private LogDirectory directory;
    private PartitionLog log;

    @BeforeEach
    void write() throws IOException {
        open();
        for (int i = 0; i < 40 * APART; i++) {
            log.appendAsLeader(Batches.of("value-%05d".formatted(i)), 3, Origin.CLIENT);
        }
        directory.close();
        open();
    }

    private void open() throws IOException {
        directory = Directories.open(root, CONFIG, clock);
        log = Directories.orders(directory, CONFIG);
    }

    @AfterEach
    void stop() {
        directory.close();
    }

    /** Those further behind read less at once. */
    private LogRead look(long offset) {
        int bytes = 300 + (int) offset;
        return log.readIfChecked(offset, bytes, true, log.logEndOffset(), false);
    }

    private void check(long offset) throws IOException {
        assertThat(look(offset)).isInstanceOf(LogRead.Unchecked.class);
        ((LogRead.Unchecked) look(offset)).check().run();
    }

    @Test
    void whoeverHadRecordsCheckedGetsThem() throws IOException {
        for (int i = 39; i >= 0; i--) {
            check((long) i * APART);

            assertThat(look((long) i * APART)).as("reader %d", i).isInstanceOf(LogRead.Found.class);
        }
    }

    @Test
    void alsoWhereOthersWereFasterToLookAgain() throws IOException {
        for (int i = 39; i >= 4; i -= 4) {
            for (int j = 0; j < 4; j++) {
                check((long) (i - j) * APART);
            }
            for (int j = 0; j < 4; j++) {
                assertThat(look((long) (i - j) * APART)).isInstanceOf(LogRead.Found.class);
            }
        }
    }
}
