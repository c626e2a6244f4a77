package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Replay goes by generations: the halves of a journal are used in that order. */
class JournalOrderTest {
    private final JournalHalf first = new JournalHalf(0);
    private final JournalHalf second = new JournalHalf(1);

    @Test
    void theHalfOfTheLowestGenerationIsUsedFirst() {
        first.free(8);
        second.free(7);

        assertThat(Journal.firstFree(List.of(first, second))).isSameAs(second);
    }

    @Test
    void noHalfIsUsedBeforeOneThatBecameFreeEarlier() {
        Iterator<JournalHalf> halves = List.of(first, second).iterator();
        Iterable<JournalHalf> freedMeanwhile =
                () -> halves.hasNext() ? freeingBehind(halves) : List.of(first, second).iterator();

        assertThat(Journal.firstFree(freedMeanwhile)).isSameAs(first);
    }

    /** Frees both, in order, once the first was looked at. */
    private Iterator<JournalHalf> freeingBehind(Iterator<JournalHalf> halves) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return halves.hasNext();
            }

            @Override
            public JournalHalf next() {
                JournalHalf half = halves.next();
                if (half == second) {
                    first.free(1);
                    second.free(2);
                }
                return half;
            }
        };
    }

    @Test
    void withoutAFreeHalfThereIsNone() {
        assertThat(Journal.firstFree(List.of(first, second))).isNull();
    }
}
