package io.takhin.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** How many descriptors a process may have, and how many of them are for files. */
final class Descriptors {
    private static final Path LIMITS = Path.of("/proc/self/limits");
    private static final Pattern OPEN_FILES = Pattern.compile("Max open files +(\\d+) .*");

    /** Where the system does not say: what many allow. */
    private static final int UNKNOWN = 4096;

    /** More would not make anything faster: what nobody has used for a while is closed anyway. */
    private static final int FILES_MAX = 20_000;

    private Descriptors() {}

    /** For the files of a data directory: half of all, the other half is for connections. */
    static int forFiles() {
        try {
            return forFiles(Files.readAllLines(LIMITS, StandardCharsets.ISO_8859_1));
        } catch (IOException _) {
            return UNKNOWN / 2;
        }
    }

    /**
     * @param limits as Linux prints them; the virtual machine has raised the soft one by now
     */
    static int forFiles(List<String> limits) {
        for (String line : limits) {
            Matcher matcher = OPEN_FILES.matcher(line);
            if (matcher.matches() && matcher.group(1).length() < 10) {
                return Math.clamp(Integer.parseInt(matcher.group(1)) / 2, 1, FILES_MAX);
            }
        }
        // Also "unlimited".
        return UNKNOWN / 2;
    }
}
