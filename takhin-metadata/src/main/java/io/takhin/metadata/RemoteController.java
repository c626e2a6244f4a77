package io.takhin.metadata;

import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.errors.NotControllerException;
import org.apache.kafka.common.protocol.ApiMessage;

/** How a question reaches a controller in another process. */
interface RemoteController {
    /** For a node that is its own quorum. */
    RemoteController NONE =
            (leader, question) ->
                    CompletableFuture.failedFuture(
                            new NotControllerException("there is no other node"));

    /** Fails with {@link NotControllerException} where asking again may help. */
    CompletableFuture<? extends ApiMessage> ask(int leader, QuorumAccess.Question question);
}
