package io.takhin.broker.api;

import io.takhin.broker.topicconfig.GroupConfigs;
import io.takhin.broker.topicconfig.TopicSettings;
import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The broker's part in changing settings, the same for both requests that do: refuse what cannot be
 * or would have no meaning here, change loggers on the spot, and leave the rest to the controller,
 * which writes it to the metadata log.
 *
 * <p>Threads: any.
 */
public final class ConfigAlteration {
    private static final Logger log = LoggerFactory.getLogger(ConfigAlteration.class);

    private final Supplier<ClusterView> view;
    private final BrokerConfigs brokers;
    private final LoggerChange loggers;

    public ConfigAlteration(
            Supplier<ClusterView> view, BrokerConfigs brokers, LoggerConfigs loggers) {
        this.view = view;
        this.brokers = brokers;
        this.loggers = new LoggerChange(loggers);
    }

    /**
     * The changes of a request, divided.
     *
     * @param settled resources that need no controller: refused, or done here (empty)
     */
    record Sorted(List<ConfigChange> forController, List<Outcome> settled) {
        /** What the client is told when the controller could not be asked. */
        List<Outcome> failed(Problem why) {
            return with(
                    forController.stream()
                            .map(change -> new Outcome(change.resource(), Optional.of(why)))
                            .toList());
        }

        private List<Outcome> with(List<Outcome> ofController) {
            return Stream.concat(ofController.stream(), settled.stream()).toList();
        }
    }

    /** What became of one resource; empty when it was changed. */
    record Outcome(ConfigResource resource, Optional<Problem> problem) {
        static Outcome of(byte type, String name, short errorCode, @Nullable String why) {
            Errors error = Errors.forCode(errorCode);
            return new Outcome(
                    new ConfigResource(ConfigResource.Type.forId(type), name),
                    error == Errors.NONE ? Optional.empty() : Optional.of(new Problem(error, why)));
        }
    }

    /** Applies what is done here, unless it is only to be validated. */
    Sorted sort(List<ConfigChange> changes, boolean validateOnly) {
        Set<ConfigResource> twice = twice(changes);
        List<ConfigChange> forController = new ArrayList<>();
        Map<ConfigResource, Outcome> settled = new LinkedHashMap<>();
        ClusterView now = view.get();
        for (ConfigChange change : changes) {
            Optional<Problem> problem =
                    twice.contains(change.resource())
                            ? invalid("Each resource must appear at most once.")
                            : change.malformed().or(() -> problem(change, now));
            boolean isLogger = change.resource().type() == ConfigResource.Type.BROKER_LOGGER;
            if (problem.isPresent() || isLogger) {
                settled.put(change.resource(), new Outcome(change.resource(), problem));
            } else {
                forController.add(change);
            }
            if (isLogger && problem.isEmpty() && !validateOnly) {
                loggers.apply(change);
            }
        }
        return new Sorted(forController, List.copyOf(settled.values()));
    }

    private static Set<ConfigResource> twice(List<ConfigChange> changes) {
        Set<ConfigResource> seen = new HashSet<>();
        Set<ConfigResource> twice = new HashSet<>();
        changes.stream()
                .map(ConfigChange::resource)
                .filter(resource -> !seen.add(resource))
                .forEach(twice::add);
        return twice;
    }

    private Optional<Problem> problem(ConfigChange change, ClusterView now) {
        ConfigResource resource = change.resource();
        return switch (resource.type()) {
            case TOPIC ->
                    TopicSettings.problem(change.appliedTo(now.overrides(resource)), change.names())
                            .map(ConfigAlteration::invalidConfig);
            case GROUP ->
                    GroupConfigs.problem(change.appliedTo(now.overrides(resource)))
                            .map(ConfigAlteration::invalidConfig);
            case BROKER -> brokerProblem(change);
            case BROKER_LOGGER -> loggerProblem(change);
            case CLIENT_METRICS ->
                    invalid("Clients do not send metrics to this version, so none can be chosen.");
            case UNKNOWN -> invalid("Unknown resource type " + resource.type().id());
        };
    }

    private Optional<Problem> brokerProblem(ConfigChange change) {
        String name = change.resource().name();
        Optional<Problem> wrongBroker =
                name.isEmpty() ? Optional.empty() : brokers.notThisBroker(name, "");
        return wrongBroker.or(() ->
                change.operations().stream()
                        .flatMap(it -> BrokerConfigs.problem(it.name(), it.value()).stream())
                        .findFirst());
    }

    private Optional<Problem> loggerProblem(ConfigChange change) {
        return change.replaces()
                ? invalid("Unknown resource type " + change.resource().type().id())
                : brokers.notThisBroker(change.resource().name(), "")
                        .or(() -> loggers.problem(change));
    }

    /**
     * Asks the controller for what is left to it, and answers the client with all outcomes.
     *
     * @param ask the question to the controller; not asked where nothing is left to it
     * @param answer from all outcomes
     */
    <R extends ApiMessage> void carryOut(
            Exchange exchange,
            Sorted sorted,
            boolean validateOnly,
            Supplier<CompletableFuture<List<Outcome>>> ask,
            Function<List<Outcome>, R> answer) {
        if (sorted.forController().isEmpty()) {
            exchange.reply(answer.apply(sorted.settled()));
            return;
        }
        Answers.give(
                exchange,
                ask.get()
                        .thenApply(
                                outcomes -> answer.apply(answered(sorted, outcomes, validateOnly))),
                problem -> answer.apply(sorted.failed(problem)));
    }

    /** All outcomes. Says which of the values that were taken have no effect yet. */
    private static List<Outcome> answered(
            Sorted sorted, List<Outcome> ofController, boolean validateOnly) {
        if (!validateOnly) {
            Set<ConfigResource> done =
                    ofController.stream()
                            .filter(outcome -> outcome.problem().isEmpty())
                            .map(Outcome::resource)
                            .collect(Collectors.toSet());
            sorted.forController().stream()
                    .filter(change -> done.contains(change.resource()))
                    .forEach(ConfigAlteration::warn);
        }
        return sorted.with(ofController);
    }

    private static void warn(ConfigChange change) {
        Map<String, String> set = change.appliedTo(Map.of());
        ConfigResource resource = change.resource();
        if (resource.type() == ConfigResource.Type.TOPIC) {
            for (String warning : TopicSettings.warnings(set)) {
                log.warn("topic={} {}", resource.name(), warning);
            }
        } else if (resource.type() == ConfigResource.Type.BROKER) {
            for (String warning : BrokerConfigs.warnings(set)) {
                log.warn("broker={} {}", resource.name(), warning);
            }
        }
    }

    private static Optional<Problem> invalid(String why) {
        return Optional.of(Problem.invalidRequest(why));
    }

    private static Problem invalidConfig(String why) {
        return new Problem(Errors.INVALID_CONFIG, why);
    }
}
