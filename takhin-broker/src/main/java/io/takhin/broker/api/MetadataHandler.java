package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * Tells clients which brokers there are and who leads what; creates a topic that is asked for by
 * name and does not exist, where that is allowed.
 */
public final class MetadataHandler implements ApiHandler {
    /** From this version on a request says itself whether it wants topics created. */
    private static final short EXPLICIT_CREATION_VERSION = 4;

    private final ReplicaLookup replicas;
    private final FirstUse firstUse;
    private final AdvertisedAddressWarning warning;

    /**
     * What happens at the first use of a topic.
     *
     * @param allowed whether topics come into being that way at all
     */
    public record FirstUse(
            boolean allowed, AutoTopicCreation creation, TopicAppearance appearance) {}

    public MetadataHandler(
            ReplicaLookup replicas, FirstUse firstUse, AdvertisedAddressWarning warning) {
        this.replicas = replicas;
        this.firstUse = firstUse;
        this.warning = warning;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.METADATA;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (MetadataRequestData) exchange.request().body();
        short version = exchange.request().version();
        MetadataAnswer.requireMeaning(request, version);
        warning.check(exchange.client());
        ClusterView view = replicas.view();
        Set<String> absent = creatable(request, version, view);
        if (absent.isEmpty()) {
            exchange.reply(new MetadataAnswer(view, version, Map.of()).to(request));
        } else {
            createAndAnswer(exchange, request, absent);
        }
    }

    private void createAndAnswer(
            Exchange exchange, MetadataRequestData request, Set<String> absent) {
        short version = exchange.request().version();
        Answers.give(
                exchange,
                firstUse.creation
                        .create(absent, Controller.callerOf(exchange))
                        .thenCompose(outcomes ->
                                seen(outcomes)
                                        .thenApply(view ->
                                                new MetadataAnswer(view, version, outcomes)
                                                        .to(request))));
    }

    private CompletableFuture<ClusterView> seen(Map<String, Errors> outcomes) {
        List<String> created =
                outcomes.entrySet().stream()
                        .filter(outcome -> outcome.getValue() == Errors.NONE)
                        .map(Map.Entry::getKey)
                        .toList();
        return firstUse.appearance.await(created);
    }

    private Set<String> creatable(MetadataRequestData request, short version, ClusterView view) {
        boolean wanted = request.allowAutoTopicCreation() || version < EXPLICIT_CREATION_VERSION;
        if (!wanted || !firstUse.allowed || request.topics() == null) {
            return Set.of();
        }
        Set<String> absent = new TreeSet<>();
        for (MetadataRequestTopic topic : request.topics()) {
            String name = MetadataAnswer.isById(topic) ? null : topic.name();
            if (name != null && view.topic(name) == null) {
                absent.add(name);
            }
        }
        return absent;
    }
}
