package io.takhin.testkit;

import java.io.IOException;
import java.util.concurrent.TimeUnit;

/** Commands of the operating system that make and take away file systems. */
final class Mounting {
    private static final int SECONDS_MAX = 10;

    private Mounting() {}

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
