package io.takhin.testkit;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.TestTemplate;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A test that is run with several random seeds; it takes a {@link
 * java.util.random.RandomGenerator}. The seed is the name of the run and stands before the message
 * of its failure. {@code -Dtakhin.seed=…} runs it with that seed alone, so that a failure can be
 * seen again.
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@TestTemplate
@ExtendWith(SeededRuns.class)
public @interface Seeded {
    /** How many seeds are tried. */
    int runs() default 20;

    /**
     * Power cuts in each run. {@code -Dtakhin.cuts=…} then says how many are wanted in all, and
     * {@link #runs} counts without it; 0 for a test that has none.
     */
    int cutsEach() default 0;
}
