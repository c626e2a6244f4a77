package io.takhin.broker.api;

import io.takhin.network.Exchange;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the handlers of the group coordinator's requests have in common: the answer comes later,
 * from the coordinator's thread, and if it does not come, the client gets an error in its stead.
 *
 * @param <Q> the request's body
 */
abstract class GroupHandler<Q extends ApiMessage> implements ApiHandler {
    private static final Logger log = LoggerFactory.getLogger(GroupHandler.class);

    private final ApiKeys key;
    private final Class<Q> type;

    GroupHandler(ApiKeys key, Class<Q> type) {
        this.key = key;
        this.type = type;
    }

    @Override
    public final ApiKeys key() {
        return key;
    }

    @Override
    public final void handle(Exchange exchange) {
        Q request = type.cast(exchange.request().body());
        ClientContext context = new ClientContext(exchange);
        CompletableFuture<? extends ApiMessage> answered = answer(context, request);
        var _ =
                answered.handle((answer, failure) ->
                                failure == null ? answer : refused(context, request, failure))
                        .whenComplete((answer, bug) -> reply(exchange, answer, bug));
    }

    private void reply(Exchange exchange, ApiMessage answer, @Nullable Throwable bug) {
        if (bug == null) {
            exchange.reply(answer);
        } else {
            log.error("{} could not even be refused", key, bug);
            exchange.disconnect("the request failed inside the broker");
        }
    }

    private ApiMessage refused(ClientContext context, Q request, Throwable failure) {
        Errors error = Errors.forException(Errors.maybeUnwrapException(failure));
        if (error == Errors.UNKNOWN_SERVER_ERROR) {
            log.error("{} failed inside the broker", key, failure);
        }
        return refusal(context, request, error);
    }

    /** The answer, in the shape the request's version has; a failure becomes a refusal. */
    abstract CompletableFuture<? extends ApiMessage> answer(ClientContext context, Q request);

    /** The answer that says only why there is none. */
    abstract ApiMessage refusal(ClientContext context, Q request, Errors error);
}
