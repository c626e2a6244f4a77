package io.takhin.broker.api;

import io.takhin.broker.topicconfig.GroupConfigs;
import io.takhin.broker.topicconfig.Source;
import io.takhin.broker.topicconfig.TopicConfigs;
import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData.DescribeConfigsResource;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** DescribeConfigs (KIP-133, KIP-226, KIP-569): of topics, brokers, loggers and groups. */
public final class DescribeConfigsHandler implements ApiHandler {
    private final Supplier<ClusterView> view;
    private final TopicConfigs topics;
    private final BrokerConfigs brokers;
    private final LoggerConfigs loggers;

    public DescribeConfigsHandler(
            Supplier<ClusterView> view,
            TopicConfigs topics,
            BrokerConfigs brokers,
            LoggerConfigs loggers) {
        this.view = view;
        this.topics = topics;
        this.brokers = brokers;
        this.loggers = loggers;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_CONFIGS;
    }

    @Override
    public void handle(Exchange exchange) {
        DescribeConfigsRequestData request = (DescribeConfigsRequestData) exchange.request().body();
        ClusterView now = view.get();
        DescribeConfigsResponseData answer = new DescribeConfigsResponseData();
        for (DescribeConfigsResource resource : request.resources()) {
            answer.results().add(result(request, resource, describe(resource, now)));
        }
        exchange.reply(answer);
    }

    /** What was found, or why nothing is shown. */
    private sealed interface Description {
        record Found(List<ShownConfig> configs) implements Description {}

        record Refused(Problem problem) implements Description {}
    }

    private static DescribeConfigsResult result(
            DescribeConfigsRequestData request,
            DescribeConfigsResource resource,
            Description description) {
        DescribeConfigsResult result =
                new DescribeConfigsResult()
                        .setResourceType(resource.resourceType())
                        .setResourceName(resource.resourceName());
        return switch (description) {
            case Description.Refused(Problem problem) ->
                    result.setErrorCode(problem.code()).setErrorMessage(problem.message());
            case Description.Found(List<ShownConfig> configs) ->
                    result.setConfigs(
                            configs.stream()
                                    .filter(config -> isWanted(resource, config.name()))
                                    .map(config -> config.toMessage(request))
                                    .toList());
        };
    }

    /** No list of names, or an empty one, asks for everything. */
    private static boolean isWanted(DescribeConfigsResource resource, String name) {
        List<String> names = resource.configurationKeys();
        return names == null || names.isEmpty() || names.contains(name);
    }

    private Description describe(DescribeConfigsResource resource, ClusterView now) {
        String name = resource.resourceName();
        return switch (ConfigResource.Type.forId(resource.resourceType())) {
            case TOPIC -> topic(name, now);
            case BROKER -> broker(name, now);
            case BROKER_LOGGER -> logger(name);
            case GROUP -> group(name, now);
            case CLIENT_METRICS -> clientMetrics(name);
            case UNKNOWN -> refused("Unsupported resource type: " + resource.resourceType());
        };
    }

    private Description topic(String name, ClusterView now) {
        if (name.isEmpty()) {
            return refused("Topic name must not be empty");
        }
        if (now.topic(name) == null) {
            Errors unknown = Errors.UNKNOWN_TOPIC_OR_PARTITION;
            return new Description.Refused(new Problem(unknown, unknown.message()));
        }
        return new Description.Found(
                topics.describe(now, name).stream().map(ShownConfig::of).toList());
    }

    private Description broker(String name, ClusterView now) {
        if (name.isEmpty()) {
            return new Description.Found(brokers.describeAll(now));
        }
        return orElse(
                brokers.notThisBroker(name, " or empty string"), () -> brokers.describeThis(now));
    }

    private Description logger(String name) {
        return name.isEmpty()
                ? refused("Broker id must not be empty")
                : orElse(brokers.notThisBroker(name, ""), this::loggers);
    }

    private List<ShownConfig> loggers() {
        return loggers.levels().entrySet().stream()
                .sorted(Map.Entry.comparingByKey())
                .map(entry ->
                        new ShownConfig(
                                entry.getKey(),
                                entry.getValue(),
                                Source.LOGGER,
                                ConfigDef.Type.STRING,
                                false,
                                false,
                                List.of(),
                                "The level of this logger."))
                .toList();
    }

    private static Description group(String name, ClusterView now) {
        if (name.isEmpty()) {
            return refused("Group name must not be empty");
        }
        ConfigResource group = new ConfigResource(ConfigResource.Type.GROUP, name);
        return new Description.Found(
                GroupConfigs.describe(now.overrides(group)).stream().map(ShownConfig::of).toList());
    }

    /** Clients send no metrics to this version, so there is nothing anybody could have set. */
    private static Description clientMetrics(String name) {
        return name.isEmpty()
                ? refused("Client metrics subscription name must not be empty")
                : new Description.Found(List.of());
    }

    private static Description orElse(
            Optional<Problem> problem, Supplier<List<ShownConfig>> configs) {
        return problem.<Description>map(Description.Refused::new)
                .orElseGet(() -> new Description.Found(configs.get()));
    }

    private static Description refused(String why) {
        return new Description.Refused(Problem.invalidRequest(why));
    }
}
