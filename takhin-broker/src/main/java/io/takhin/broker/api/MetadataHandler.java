package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.metadata.Quorum.Caller;
import io.takhin.network.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Tells clients which brokers there are and who leads what; creates a topic that is asked for by name
 * and does not exist, where that is allowed.
 */
public final class MetadataHandler implements ApiHandler {
    /** From this version on a request says itself whether it wants topics created. */
    private static final short EXPLICIT_CREATION_VERSION = 4;

    private final ReplicaLookup replicas;
    private final TopicCreation creation;
    private final AdvertisedAddressWarning warning;

    public MetadataHandler(
            ReplicaLookup replicas, TopicCreation creation, AdvertisedAddressWarning warning) {
        this.replicas = replicas;
        this.creation = creation;
        this.warning = warning;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.METADATA;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (MetadataRequestData) exchange.request().body();
        warning.check(exchange.client());
        ClusterView view = replicas.view();
        Set<String> absent = creatable(request, exchange.request().version(), view);
        if (absent.isEmpty()) {
            answer(exchange, request, view);
            return;
        }
        Caller caller = Callers.of(exchange);
        // The topics are usable when this completes; where it fails the answer says so by topic.
        creation.createMissing(List.copyOf(absent), caller)
                .whenComplete((created, failure) -> answer(exchange, request, replicas.view()));
    }

    private void answer(Exchange exchange, MetadataRequestData request, ClusterView view) {
        short version = exchange.request().version();
        exchange.reply(new MetadataAnswer(view, version).to(request));
    }

    private Set<String> creatable(MetadataRequestData request, short version, ClusterView view) {
        boolean wanted = request.allowAutoTopicCreation() || version < EXPLICIT_CREATION_VERSION;
        if (!wanted || !creation.automatic() || request.topics() == null) {
            return Set.of();
        }
        Set<String> absent = new TreeSet<>();
        for (MetadataRequestTopic topic : request.topics()) {
            if (topic.name() != null && view.topic(topic.name()) == null) {
                absent.add(topic.name());
            }
        }
        return absent;
    }
}
