package io.takhin.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

class SeededTest {
    private static final List<Long> DRAWN = new ArrayList<>();

    @Seeded(runs = 3)
    void everyRunDrawsNumbersOfItsOwn(RandomGenerator random) {
        long drawn = random.nextLong();

        assertThat(DRAWN).doesNotContain(drawn);
        DRAWN.add(drawn);
    }

    @Test
    void aGivenSeedIsTheOnlyOne() {
        assertThat(SeededRuns.seeds("42", 10).toArray()).containsExactly(42);
    }

    @Test
    void withoutASeedThereAreAsManyAsWanted() {
        assertThat(SeededRuns.seeds("", 10).distinct().toArray()).hasSize(10);
        assertThat(SeededRuns.seeds("${takhin.seed}", 10).toArray()).hasSize(10);
    }

    @AfterAll
    static void allRunsTookPlace() {
        boolean replayed = SeededRuns.seeds(System.getProperty("takhin.seed", ""), 2).count() == 1;
        assertThat(DRAWN).hasSize(replayed ? 1 : 3);
    }
}
