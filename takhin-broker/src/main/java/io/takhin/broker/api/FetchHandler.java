package io.takhin.broker.api;

import io.takhin.network.Exchange;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** Sends record batches to consumers and followers; waits for more where there are too few. */
public final class FetchHandler implements ApiHandler {
    private final ReplicaLookup replicas;
    private final FetchSessions sessions;

    public FetchHandler(ReplicaLookup replicas, FetchSessions sessions) {
        this.replicas = replicas;
        this.sessions = sessions;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.FETCH;
    }

    @Override
    public void handle(Exchange exchange) {
        FetchRequestData request = (FetchRequestData) exchange.request().body();
        FetchSessions.Context context = sessions.open(request, exchange.request().version());
        new LongPoll(exchange, context, replicas).start();
    }
}
