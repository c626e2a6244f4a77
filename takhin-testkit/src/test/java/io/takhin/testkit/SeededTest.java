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

    @Test
    void aFailureNamesItsSeed() {
        AssertionError failure = SeededRuns.withSeed(42, new IllegalStateException("too late"));

        assertThat(failure).hasMessageContainingAll("-Dtakhin.seed=42", "too late");
    }

    @Test
    void whoWantsPowerCutsGetsAtLeastSoMany() {
        assertThat(SeededRuns.runs("10000", 10)).isEqualTo(1000);
        assertThat(SeededRuns.runs("10001", 10)).isEqualTo(1001);
    }

    @AfterAll
    static void allRunsTookPlace() {
        boolean replayed = SeededRuns.seeds(System.getProperty("takhin.seed", ""), 2).count() == 1;
        assertThat(DRAWN).hasSize(replayed ? 1 : 3);
    }
}
