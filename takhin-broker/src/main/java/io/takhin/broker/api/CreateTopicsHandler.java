package io.takhin.broker.api;

import io.takhin.network.Exchange;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * CreateTopics (KIP-4, KIP-464, KIP-525). The answer waits until this broker sees the topics, so
 * that a client that asks it next finds them.
 */
public final class CreateTopicsHandler implements ApiHandler {
    private final TopicCreation creation;
    private final TopicAppearance appearance;

    public CreateTopicsHandler(TopicCreation creation, TopicAppearance appearance) {
        this.creation = creation;
        this.appearance = appearance;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.CREATE_TOPICS;
    }

    @Override
    public void handle(Exchange exchange) {
        CreateTopicsRequestData request = (CreateTopicsRequestData) exchange.request().body();
        CompletableFuture<CreateTopicsResponseData> created =
                creation.create(request, Controller.callerOf(exchange));
        Answers.give(
                exchange, request.validateOnly() ? created : created.thenCompose(this::onceSeen));
    }

    private CompletableFuture<CreateTopicsResponseData> onceSeen(CreateTopicsResponseData answer) {
        List<String> made =
                answer.topics().stream()
                        .filter(topic -> topic.errorCode() == Errors.NONE.code())
                        .map(CreatableTopicResult::name)
                        .toList();
        return appearance.await(made).thenApply(_ -> answer);
    }
}
