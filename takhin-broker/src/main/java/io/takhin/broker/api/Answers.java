package io.takhin.broker.api;

import io.takhin.network.Exchange;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.kafka.common.protocol.ApiMessage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gives answers that come later. */
final class Answers {
    private static final Logger log = LoggerFactory.getLogger(Answers.class);

    private Answers() {}

    /** For answers that may wait for a disk; as in a handler, a failure fails the request alone. */
    @SuppressWarnings("CatchingUnchecked")
    static void give(Exchange exchange, Executor executor, Supplier<? extends ApiMessage> answer) {
        executor.execute(() -> {
            ApiMessage message;
            try {
                message = answer.get();
            } catch (RuntimeException | Error e) {
                // Libraries throw errors of their own: snappy does at a frame it will not read.
                ApiTable.fail(exchange, e);
                return;
            }
            exchange.reply(message);
        });
    }

    /** For answers that cannot fail but by a bug: the client then sees its connection close. */
    @SuppressWarnings("FutureReturnValueIgnored") // The callback is the end of the chain.
    static void give(Exchange exchange, CompletableFuture<? extends ApiMessage> answer) {
        answer.whenComplete((message, error) -> {
            if (error == null) {
                exchange.reply(message);
            } else {
                log.error("{} failed", exchange.request().apiKey(), error);
                exchange.disconnect("the request failed inside the broker");
            }
        });
    }

    /** For answers that fail as the protocol expects. */
    static <T extends ApiMessage> void give(
            Exchange exchange, CompletableFuture<T> answer, Function<Problem, T> onFailure) {
        give(exchange, answer.exceptionally(error -> onFailure.apply(Problem.of(error))));
    }
}
