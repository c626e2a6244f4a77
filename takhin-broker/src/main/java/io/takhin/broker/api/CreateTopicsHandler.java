package io.takhin.broker.api;

import io.takhin.network.Exchange;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/** CreateTopics (KIP-4, KIP-464, KIP-525). */
public final class CreateTopicsHandler implements ApiHandler {
    private final TopicCreation creation;

    public CreateTopicsHandler(TopicCreation creation) {
        this.creation = creation;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.CREATE_TOPICS;
    }

    @Override
    public void handle(Exchange exchange) {
        CreateTopicsRequestData request = (CreateTopicsRequestData) exchange.request().body();
        Answers.give(exchange, creation.create(request, Controller.callerOf(exchange)));
    }
}
