package io.takhin.testkit;

import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.Extension;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;
import org.opentest4j.IncompleteExecutionException;

/** Makes the runs of a {@link Seeded} test. */
final class SeededRuns implements TestTemplateInvocationContextProvider {
    /** Names the one seed to run with. */
    static final String SEED_PROPERTY = "takhin.seed";

    /** How many power cuts a test is to go through, where it counts them. */
    private static final String CUTS_PROPERTY = "takhin.cuts";

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return context.getRequiredTestMethod().isAnnotationPresent(Seeded.class);
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(
            ExtensionContext context) {
        Seeded seeded = context.getRequiredTestMethod().getAnnotation(Seeded.class);
        String cuts = seeded.cutsEach() > 0 ? property(CUTS_PROPERTY) : "";
        int runs = cuts.isEmpty() ? seeded.runs() : runs(cuts, seeded.cutsEach());
        return seeds(System.getProperty(SEED_PROPERTY, ""), runs).mapToObj(SeededRun::new);
    }

    static int runs(String cuts, int cutsEach) {
        return Math.ceilDiv(Integer.parseInt(cuts), cutsEach);
    }

    private static String property(String name) {
        String value = System.getProperty(name, "");
        // The build hands properties on even where nobody set them.
        return value.startsWith("${") ? "" : value;
    }

    static LongStream seeds(String given, int runs) {
        // The build hands the property on even where nobody set it.
        boolean isGiven = !given.isEmpty() && !given.startsWith("${");
        return isGiven
                ? LongStream.of(Long.parseLong(given))
                : ThreadLocalRandom.current().longs(runs);
    }

    private static String replay(long seed) {
        return "-D" + SEED_PROPERTY + "=" + seed;
    }

    /** The seed is in the message: reports of a build name runs by their numbers. */
    static AssertionError withSeed(long seed, Throwable failure) {
        return new AssertionError(replay(seed) + ": " + failure, failure);
    }

    /** One run. The generator is the same for the same seed, on every machine and release. */
    private record SeededRun(long seed)
            implements TestTemplateInvocationContext,
                    ParameterResolver,
                    TestExecutionExceptionHandler {
        @Override
        public String getDisplayName(int index) {
            return replay(seed);
        }

        @Override
        public List<Extension> getAdditionalExtensions() {
            return List.of(this);
        }

        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == RandomGenerator.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return new SplittableRandom(seed);
        }

        @Override
        public void handleTestExecutionException(ExtensionContext context, Throwable failure)
                throws Throwable {
            if (failure instanceof IncompleteExecutionException) {
                // An assumption that does not hold here is no failure.
                throw failure;
            }
            throw withSeed(seed, failure);
        }
    }
}
