package io.takhin.broker.api;

import java.util.concurrent.CompletionException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Why something asked for was not done.
 *
 * @param message null where the code says it all
 */
public record Problem(Errors error, @Nullable String message) {
    /** What a failed future means to a client. Details of a bug stay in the log. */
    static Problem of(Throwable error) {
        Throwable cause =
                error instanceof CompletionException && error.getCause() != null
                        ? error.getCause()
                        : error;
        Errors code = Errors.forException(cause);
        return new Problem(
                code, code == Errors.UNKNOWN_SERVER_ERROR ? code.message() : cause.getMessage());
    }

    static Problem invalidRequest(String message) {
        return new Problem(Errors.INVALID_REQUEST, message);
    }

    short code() {
        return error.code();
    }
}
