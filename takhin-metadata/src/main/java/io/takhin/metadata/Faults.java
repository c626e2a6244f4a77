package io.takhin.metadata;

import java.io.IOException;
import java.util.function.Consumer;
import org.apache.kafka.server.fault.FaultHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What Kafka's libraries report as impossible. After a fatal one this node's state may differ from
 * what the log says, so the process must not go on; the owner of the node decides how it ends.
 */
final class Faults {
    private static final Logger log = LoggerFactory.getLogger(Faults.class);

    private final Consumer<Throwable> onFatal;

    Faults(Consumer<Throwable> onFatal) {
        this.onFatal = onFatal;
    }

    FaultHandler fatal() {
        return (message, cause) -> {
            RuntimeException fault = fault(message, cause);
            log.error("fatal fault in the metadata quorum", fault);
            onFatal.accept(fault);
            return fault;
        };
    }

    FaultHandler survivable() {
        return (message, cause) -> {
            RuntimeException fault = fault(message, cause);
            log.error("fault in the metadata quorum", fault);
            return fault;
        };
    }

    /** This node must not go on, for a reason that its operator can do something about. */
    void refuse(IOException why) {
        onFatal.accept(why);
    }

    private static RuntimeException fault(String message, @Nullable Throwable cause) {
        return cause == null
                ? new IllegalStateException(message)
                : new IllegalStateException(message + ": " + cause.getMessage(), cause);
    }
}
