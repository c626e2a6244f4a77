package io.takhin.broker.config;

import java.util.List;

/** The configuration cannot be used. Has all that is wrong with it, one sentence each. */
public final class InvalidConfigException extends Exception {
    private static final long serialVersionUID = 1;

    public InvalidConfigException(List<String> problems) {
        super(String.join("\n", problems));
    }
}
