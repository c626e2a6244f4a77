package io.takhin.fuzz;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * What every target takes from its command line.
 *
 * @param seed repeats a run; printed when it was chosen at random
 * @param runs ends the run after as many inputs
 * @param duration ends the run after this time
 */
record FuzzOptions(long seed, long runs, Duration duration, String target) {
    private static final String SECONDS_DEFAULT = "10";

    static FuzzOptions parse(String[] arguments) {
        Map<String, String> values = new HashMap<>();
        for (int i = 0; i + 1 < arguments.length; i += 2) {
            values.put(arguments[i], arguments[i + 1]);
        }
        String seed = values.getOrDefault("--seed", Long.toString(System.nanoTime()));
        String runs = values.getOrDefault("--runs", Long.toString(Long.MAX_VALUE));
        String seconds = values.getOrDefault("--seconds", SECONDS_DEFAULT);
        return new FuzzOptions(
                Long.parseLong(seed),
                Long.parseLong(runs),
                Duration.ofSeconds(Long.parseLong(seconds)),
                values.getOrDefault("--target", "127.0.0.1:9092"));
    }
}
