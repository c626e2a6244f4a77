package io.takhin.protocol;

import org.jspecify.annotations.Nullable;

/** The peer does not speak the protocol as announced; nothing more it sends can be trusted. */
public final class MalformedFrameException extends Exception {
    public MalformedFrameException(String why) {
        this(why, null);
    }

    public MalformedFrameException(String why, @Nullable Throwable cause) {
        super(why, cause);
    }

    /** Thrown by the thousand under attack, and the place in the code says nothing new. */
    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
