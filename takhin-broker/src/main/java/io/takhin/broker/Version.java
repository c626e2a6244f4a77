package io.takhin.broker;

/** Which build this is. */
final class Version {
    private Version() {}

    /** As in {@code v0.1.0 (commit: abc1234)}; the launcher knows it from the package. */
    static String current() {
        return System.getProperty("takhin.version", "v0 (commit: unknown)");
    }
}
