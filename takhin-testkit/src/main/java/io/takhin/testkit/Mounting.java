package io.takhin.testkit;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Commands of the operating system that make and take away file systems. */
final class Mounting {
    private static final int SECONDS_MAX = 10;

    private Mounting() {}

    /**
     * Skips the test where nothing could be mounted, or fails it where the environment says {@code
     * TAKHIN_TEST_MOUNTS=required}.
     */
    static void check(boolean mounted) {
        String needed = "a test that needs a disk of its own must be allowed to mount one";
        if (!mounted && "required".equals(System.getenv("TAKHIN_TEST_MOUNTS"))) {
            throw new AssertionError(needed);
        }
        assumeTrue(mounted, needed);
    }

    /** Whether a command ended well; false too where it does not exist. */
    static boolean run(String... command) throws InterruptedException {
        try {
            Process process =
                    new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start();
            return process.waitFor(SECONDS_MAX, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
