package io.takhin.tests.harness;

/**
 * The exit code a tool asked for first; some catch the exception that unwinds them and ask again.
 *
 * <p>Threads: any; tools may exit from another thread than the one that called them.
 */
final class ExitCode {
    private static final int NONE = Integer.MIN_VALUE;

    private volatile int code = NONE;

    void forget() {
        code = NONE;
    }

    void remember(int wanted) {
        if (code == NONE) {
            code = wanted;
        }
    }

    /** Zero where the tool simply returned. */
    int first() {
        return code == NONE ? 0 : code;
    }
}
