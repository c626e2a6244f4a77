package io.takhin.broker.api;

import io.takhin.base.Clock;
import io.takhin.network.Exchange;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** Appends record batches and answers when they are as safe as the producer asked (acks). */
public final class ProduceHandler implements ApiHandler {
    private final ReplicaLookup replicas;
    private final Clock clock;

    public ProduceHandler(ReplicaLookup replicas, Clock clock) {
        this.replicas = replicas;
        this.clock = clock;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.PRODUCE;
    }

    @Override
    public void handle(Exchange exchange) {
        ProduceRequestData request = (ProduceRequestData) exchange.request().body();
        long deadline = clock.nanos() + request.timeoutMs() * 1_000_000L;
        new Production(exchange, request, replicas, deadline).run();
    }
}
