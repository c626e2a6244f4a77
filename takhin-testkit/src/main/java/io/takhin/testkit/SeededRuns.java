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
import org.junit.jupiter.api.extension.TestTemplateInvocationContext;
import org.junit.jupiter.api.extension.TestTemplateInvocationContextProvider;

/** Makes the runs of a {@link Seeded} test. */
final class SeededRuns implements TestTemplateInvocationContextProvider {
    /** Names the one seed to run with. */
    static final String SEED_PROPERTY = "takhin.seed";

    @Override
    public boolean supportsTestTemplate(ExtensionContext context) {
        return context.getRequiredTestMethod().isAnnotationPresent(Seeded.class);
    }

    @Override
    public Stream<TestTemplateInvocationContext> provideTestTemplateInvocationContexts(
            ExtensionContext context) {
        int runs = context.getRequiredTestMethod().getAnnotation(Seeded.class).runs();
        return seeds(System.getProperty(SEED_PROPERTY, ""), runs).mapToObj(SeededRun::new);
    }

    static LongStream seeds(String given, int runs) {
        // The build hands the property on even where nobody set it.
        boolean isGiven = !given.isEmpty() && !given.startsWith("${");
        return isGiven
                ? LongStream.of(Long.parseLong(given))
                : ThreadLocalRandom.current().longs(runs);
    }

    /** One run. The generator is the same for the same seed, on every machine and release. */
    private record SeededRun(long seed)
            implements TestTemplateInvocationContext, ParameterResolver {
        @Override
        public String getDisplayName(int index) {
            return "-D" + SEED_PROPERTY + "=" + seed;
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
    }
}
