package io.takhin.metadata;

import io.takhin.base.Threads;
import java.lang.invoke.MethodHandles;
import java.util.OptionalInt;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.controller.metrics.QuorumControllerMetrics;
import org.apache.kafka.raft.LeaderAndEpoch;

/**
 * Those of Kafka's classes that take long to initialise, initialised beside the rest of a start:
 * the schemas of all messages, and the controller's metrics, which bring up the JVM's management
 * (some 60 ms of processor time, though nobody asks it for anything).
 *
 * <p>Threads: its own, which ends when it is done. Who needs one of these classes earlier waits for
 * the class, as ever.
 */
public final class Preload {
    private Preload() {}

    /** Returns at once. */
    public static void start() {
        Threads.start("preload", Preload::run);
    }

    private static void run() {
        try {
            MethodHandles.Lookup lookup = MethodHandles.lookup();
            lookup.ensureInitialized(ApiKeys.class);
            lookup.ensureInitialized(QuorumControllerMetrics.class);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException("these classes are public", e);
        }
        // A record's methods are linked when they are first called.
        var _ = new LeaderAndEpoch(OptionalInt.empty(), 0).equals(LeaderAndEpoch.UNKNOWN);
    }
}
