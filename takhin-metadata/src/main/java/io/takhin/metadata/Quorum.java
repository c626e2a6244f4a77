package io.takhin.metadata;

import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

/**
 * The metadata quorum as the rest of the broker sees it: what this node is in it, and how to ask
 * the active controller for something, wherever that is.
 *
 * <p>Threads: any.
 */
public interface Quorum {
    Status status();

    /**
     * Asks the active controller.
     *
     * @param request any message the controller serves (CreateTopics, AlterPartition,
     *     DescribeQuorum …)
     * @param version of the request, as the client sent it
     * @param timeoutMillis how long the controller may take
     * @return the controller's answer, errors inside it as the protocol has them; fails only with a
     *     Kafka {@code ApiException}: when no controller could be asked in time, and with a {@code
     *     KafkaStorageException} when this node's disk keeps it out of the quorum
     */
    CompletableFuture<ApiMessage> ask(
            ApiMessage request, short version, Caller caller, int timeoutMillis);

    /**
     * Done when this node's view has all that this node knows to be committed now: who asked the
     * controller here and waits for this reads what it wrote. Kafka does not promise it, and where
     * the controller is another node it does not hold here either. Done after a second in any case.
     */
    CompletableFuture<Void> visible();

    /** On whose behalf the controller is asked. */
    record Caller(KafkaPrincipal principal, String clientId, String clientAddress) {}

    enum Role {
        LEADER,
        FOLLOWER,
        CANDIDATE,
        OBSERVER,
        /** The disk under its metadata failed: it takes no part any more. */
        OFFLINE;

        /** As metrics and logs name it. */
        public String label() {
            return name().toLowerCase(java.util.Locale.ROOT);
        }
    }

    record Status(Role role, OptionalInt leaderId, int epoch) {}
}
