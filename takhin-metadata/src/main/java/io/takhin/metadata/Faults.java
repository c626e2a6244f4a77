package io.takhin.metadata;

import io.takhin.log.StorageShortageException;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.server.fault.FaultHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What this node cannot go on after. Of two kinds:
 *
 * <ul>
 *   <li>What Kafka's libraries report as impossible. After a fatal one this node's state may differ
 *       from what the log says, so the process must not go on; the owner of the node decides how it
 *       ends.
 *   <li>The disk of the metadata failed. Then the state is right, and old from now on: the node
 *       leaves the quorum as if it had died, and the process lives and says so (ADR 66).
 * </ul>
 *
 * <p>Threads: any.
 */
final class Faults {
    private static final Logger log = LoggerFactory.getLogger(Faults.class);

    private final Consumer<Throwable> onFatal;
    private final CompletableFuture<IOException> diskFailure = new CompletableFuture<>();

    Faults(Consumer<Throwable> onFatal) {
        this.onFatal = onFatal;
    }

    FaultHandler fatal() {
        return (message, cause) -> {
            RuntimeException fault = fault(message, cause);
            IOException ofTheDisk = diskErrorIn(cause);
            if (ofTheDisk != null) {
                diskFailed(ofTheDisk);
            }
            if (diskFailure.isDone()) {
                log.debug("after the disk failed", fault);
                return fault;
            }
            log.error("fatal fault in the metadata quorum", fault);
            onFatal.accept(fault);
            return fault;
        };
    }

    FaultHandler survivable() {
        return (message, cause) -> {
            RuntimeException fault = fault(message, cause);
            log.error("fault in the metadata quorum", fault);
            IOException ofTheDisk = diskErrorIn(cause);
            // A snapshot that finds no space is written another time.
            if (ofTheDisk != null && !StorageShortageException.isSaidBy(ofTheDisk)) {
                diskFailed(ofTheDisk);
            }
            return fault;
        };
    }

    /** This node must not go on, for a reason that its operator can do something about. */
    void refuse(IOException why) {
        onFatal.accept(why);
    }

    /**
     * A write, a sync or a read of the metadata failed. Final: what a failed sync left behind is
     * known to nobody, and the next one would say that all is well.
     */
    void diskFailed(IOException cause) {
        if (diskFailure.complete(cause)) {
            log.error(
                    "the disk failed under the metadata log: this node is out of the quorum and"
                            + " serves what it knew; repair or replace the disk, then restart the"
                            + " broker",
                    cause);
        }
    }

    /** Why the metadata are offline; null while they are not. */
    @Nullable IOException diskFailure() {
        return diskFailure.getNow(null);
    }

    /** Told once when the disk fails, at once when it has; on the thread that met the error. */
    void onDiskFailure(Consumer<IOException> listener) {
        var _ = diskFailure.thenAccept(listener);
    }

    /** What Kafka's code throws where ours, or a file of its own, met an error of the disk. */
    private static @Nullable IOException diskErrorIn(@Nullable Throwable fault) {
        for (Throwable at = fault; at != null; at = at.getCause()) {
            if (at instanceof IOException io) {
                return io;
            }
            if (at instanceof KafkaStorageException && at.getCause() == null) {
                return new IOException(at.getMessage(), at);
            }
        }
        return null;
    }

    private static RuntimeException fault(String message, @Nullable Throwable cause) {
        return cause == null
                ? new IllegalStateException(message)
                : new IllegalStateException(message + ": " + cause.getMessage(), cause);
    }
}
