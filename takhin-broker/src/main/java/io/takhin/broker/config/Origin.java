package io.takhin.broker.config;

/** Where a value came from. A higher layer wins over a lower one. */
public sealed interface Origin {
    /** Higher wins. */
    default int layer() {
        return switch (this) {
            case Default _ -> 0;
            case InFile _ -> 1;
            case Environment _ -> 2;
            case Flag _ -> 3;
        };
    }

    /** As an error message names it. */
    default String where() {
        return switch (this) {
            case Default _ -> "default";
            case InFile(String file, int line) -> file + ":" + line;
            case Environment(String variable) -> variable;
            case Flag(String name) -> "-" + name;
        };
    }

    /** Nobody gave it. */
    record Default() implements Origin {}

    /** The configuration file; lines count from 1. */
    record InFile(String file, int line) implements Origin {}

    /** An environment variable. */
    record Environment(String variable) implements Origin {}

    /** A flag of the command line, named without its dash. */
    record Flag(String name) implements Origin {}
}
