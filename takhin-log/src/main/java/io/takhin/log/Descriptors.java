package io.takhin.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the descriptors of a process are for. Some it needs itself; files and connections have half
 * of the rest each, so that neither takes what the other needs.
 *
 * @param limit how many the process may have
 * @param files of a data directory, open at a time
 * @param connections of clients, open at a time
 */
public record Descriptors(int limit, int files, int connections) {
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final Pattern OPEN_FILES = Pattern.compile("Max open files +(\\d+) .*");

    /** Where the system does not say: what many allow. */
    private static final int UNKNOWN = 4096;

    /** More would not make anything faster: what nobody has used for a while is closed anyway. */
    private static final int FILES_MAX = 20_000;

    /** Some 60 for jars, event loops and the journal, 32 for metrics and health, and some more. */
    private static final int OWN = 128;

    /** A process that may have next to none does badly, but starts. */
    private static final int LEAST = 16;

    /** Of this process. */
    public static Descriptors ofProcess() {
        try {
            return of(Files.readAllLines(LIMITS, StandardCharsets.ISO_8859_1));
        } catch (IOException _) {
            return of(UNKNOWN);
        }
    }

    /**
     * @param limits as Linux prints them; the virtual machine has raised the soft one by now
     */
    static Descriptors of(List<String> limits) {
        for (String line : limits) {
            Matcher matcher = OPEN_FILES.matcher(line);
            if (matcher.matches() && matcher.group(1).length() < 10) {
                return of(Integer.parseInt(matcher.group(1)));
            }
        }
        // Also "unlimited".
        return of(UNKNOWN);
    }

    private static Descriptors of(int limit) {
        int files = Math.clamp((limit - OWN) / 2, LEAST, FILES_MAX);
        return new Descriptors(limit, files, Math.max(limit - OWN - files, LEAST));
    }
}
