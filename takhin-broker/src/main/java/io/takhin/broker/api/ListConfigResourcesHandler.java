package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** ListConfigResources (KIP-1000, KIP-1142): what there is that has settings. */
public final class ListConfigResourcesHandler implements ApiHandler {
    private static final List<ConfigResource.Type> ALL =
            List.of(
                    ConfigResource.Type.TOPIC,
                    ConfigResource.Type.BROKER,
                    ConfigResource.Type.BROKER_LOGGER,
                    ConfigResource.Type.CLIENT_METRICS,
                    ConfigResource.Type.GROUP);

    private final Supplier<ClusterView> view;
    private final Function<ClusterView, Collection<String>> configuredGroups;

    /**
     * Lists what a view has.
     *
     * @param configuredGroups names of the groups that have settings of their own
     */
    public ListConfigResourcesHandler(
            Supplier<ClusterView> view,
            Function<ClusterView, Collection<String>> configuredGroups) {
        this.view = view;
        this.configuredGroups = configuredGroups;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.LIST_CONFIG_RESOURCES;
    }

    @Override
    public void handle(Exchange exchange) {
        ListConfigResourcesRequestData request =
                (ListConfigResourcesRequestData) exchange.request().body();
        Set<ConfigResource.Type> wanted = wanted(request, exchange.request().version());
        ListConfigResourcesResponseData answer = new ListConfigResourcesResponseData();
        if (!ALL.containsAll(wanted)) {
            exchange.reply(answer.setErrorCode(Errors.UNSUPPORTED_VERSION.code()));
            return;
        }
        ClusterView now = view.get();
        for (ConfigResource.Type type : wanted) {
            names(type, now).forEach(name -> answer.configResources().add(message(type, name)));
        }
        exchange.reply(answer);
    }

    /** Version 0 knew client metrics only; an empty list asks for everything. */
    private static Set<ConfigResource.Type> wanted(
            ListConfigResourcesRequestData request, short version) {
        if (version == 0) {
            return Set.of(ConfigResource.Type.CLIENT_METRICS);
        }
        Set<ConfigResource.Type> wanted = new LinkedHashSet<>();
        request.resourceTypes().forEach(id -> wanted.add(ConfigResource.Type.forId(id)));
        return wanted.isEmpty() ? new LinkedHashSet<>(ALL) : wanted;
    }

    private Stream<String> names(ConfigResource.Type type, ClusterView now) {
        return switch (type) {
            case TOPIC -> now.topics().stream().map(ClusterView.Topic::name);
            case BROKER, BROKER_LOGGER ->
                    now.brokers().stream().map(broker -> Integer.toString(broker.id()));
            case GROUP -> configuredGroups.apply(now).stream();
            case CLIENT_METRICS, UNKNOWN -> Stream.empty();
        };
    }

    private static ListConfigResourcesResponseData.ConfigResource message(
            ConfigResource.Type type, String name) {
        return new ListConfigResourcesResponseData.ConfigResource()
                .setResourceName(name)
                .setResourceType(type.id());
    }
}
