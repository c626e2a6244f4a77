package io.takhin.broker.api;

import io.takhin.broker.topicconfig.BrokerDefaults;
import io.takhin.broker.topicconfig.EffectiveSetting;
import io.takhin.broker.topicconfig.TopicConfigs;
import io.takhin.broker.topicconfig.TopicSettings;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.Quorum;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicConfigs;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates topics, for whoever wants some: CreateTopics, and {@link AutoTopicCreation}.
 *
 * <p>A topic with more partitions than the controller takes in one operation is created small and
 * grows before the client hears of it. Should a step of that fail, the topic is deleted again, so
 * that a client sees all of a topic or none (ADR 56).
 *
 * <p>Threads: any.
 */
public final class TopicCreation {
    private static final Logger log = LoggerFactory.getLogger(TopicCreation.class);

    /** How long taking back a half-made topic may last; the client's own time may be over. */
    private static final int UNDO_TIMEOUT_MILLIS = 30_000;

    private final Controller controller;
    private final Supplier<ClusterView> view;
    private final TopicScreening screening;
    private final TopicConfigs configs;

    public TopicCreation(
            Controller controller,
            Supplier<ClusterView> view,
            BrokerDefaults defaults,
            TopicConfigs configs) {
        this.controller = controller;
        this.view = view;
        this.screening = new TopicScreening(defaults);
        this.configs = configs;
    }

    /**
     * Creates what the request asks for. The answer has one result for each topic and is that of
     * the newest version; it never fails.
     */
    public CompletableFuture<CreateTopicsResponseData> create(
            CreateTopicsRequestData request, Quorum.Caller caller) {
        TopicScreening.Screened screened = screening.screen(request.topics(), view.get());
        Optional<Problem> tooMuch = screening.problem(screened);
        if (tooMuch.isPresent()) {
            return CompletableFuture.completedFuture(everything(request, tooMuch.get()));
        }
        Run run = new Run(request, screened, controller.session(caller, request.timeoutMs()));
        return run.start();
    }

    private static CreateTopicsResponseData everything(
            CreateTopicsRequestData request, Problem problem) {
        CreateTopicsResponseData answer = new CreateTopicsResponseData();
        request.topics().stream()
                .map(CreatableTopic::name)
                .distinct()
                .forEach(name -> answer.topics().add(result(name, problem)));
        return answer;
    }

    private static CreatableTopicResult result(String name, Problem problem) {
        return new CreatableTopicResult()
                .setName(name)
                .setErrorCode(problem.code())
                .setErrorMessage(problem.message());
    }

    /** One request on its way. Its steps follow one another, so its fields need no lock. */
    private final class Run {
        private final CreateTopicsRequestData request;
        private final TopicScreening.Screened screened;
        private final Controller.Session session;
        private final CreationPlan plan;
        private final Map<String, CreatableTopicResult> results = new HashMap<>();

        Run(
                CreateTopicsRequestData request,
                TopicScreening.Screened screened,
                Controller.Session session) {
            this.request = request;
            this.screened = screened;
            this.session = session;
            this.plan =
                    CreationPlan.of(
                            List.copyOf(screened.accepted().values()), request.validateOnly());
        }

        CompletableFuture<CreateTopicsResponseData> start() {
            screened.refused().forEach((name, why) -> results.put(name, result(name, why)));
            CompletableFuture<Void> steps = CompletableFuture.completedFuture(null);
            for (List<CreatableTopic> batch : plan.batches()) {
                steps = steps.thenCompose(_ -> createBatch(batch));
            }
            if (!request.validateOnly()) {
                for (CreatePartitionsTopic growth : plan.growth().values()) {
                    steps = steps.thenCompose(_ -> grow(growth));
                }
            }
            return steps.thenApply(_ -> answer());
        }

        private CompletableFuture<Void> createBatch(List<CreatableTopic> batch) {
            CreatableTopicCollection topics = new CreatableTopicCollection();
            batch.forEach(topics::mustAdd);
            CreateTopicsRequestData part =
                    new CreateTopicsRequestData()
                            .setTopics(topics)
                            .setTimeoutMs(session.millisLeft())
                            .setValidateOnly(request.validateOnly());
            return session.ask(part, CreateTopicsResponseData.class)
                    .handle((answer, error) -> {
                        if (error == null) {
                            keep(answer);
                        } else {
                            fail(batch, Problem.of(error));
                        }
                        return null;
                    });
        }

        private void keep(CreateTopicsResponseData answer) {
            answer.topics().forEach(result -> results.put(result.name(), result.duplicate()));
        }

        private void fail(List<CreatableTopic> batch, Problem problem) {
            batch.forEach(topic -> results.put(topic.name(), result(topic.name(), problem)));
        }

        private CompletableFuture<Void> grow(CreatePartitionsTopic growth) {
            CreatableTopicResult created = results.get(growth.name());
            if (created == null || created.errorCode() != Errors.NONE.code()) {
                return CompletableFuture.completedFuture(null);
            }
            int have = growth.count() - remaining(growth);
            return new PartitionGrowth(session, growth, have, false)
                    .run()
                    .thenCompose(problem ->
                            problem.isEmpty()
                                    ? CompletableFuture.completedFuture(null)
                                    : undo(growth.name(), created, problem.get()));
        }

        private int remaining(CreatePartitionsTopic growth) {
            return growth.count()
                    - plan.batches().stream()
                            .flatMap(List::stream)
                            .filter(topic -> topic.name().equals(growth.name()))
                            .mapToInt(CreationPlan::partitions)
                            .sum();
        }

        private CompletableFuture<Void> undo(
                String name, CreatableTopicResult created, Problem problem) {
            log.warn(
                    "topic={} could not get all its partitions and is deleted again: {}",
                    name,
                    problem);
            results.put(name, result(name, problem));
            return delete(session.extended(UNDO_TIMEOUT_MILLIS), created.topicId())
                    .thenAccept(left ->
                            left.ifPresent(why -> results.put(name, leftBehind(name, why))));
        }

        private CreateTopicsResponseData answer() {
            CreateTopicsResponseData answer = new CreateTopicsResponseData();
            ClusterView now = view.get();
            request.topics().stream()
                    .map(CreatableTopic::name)
                    .distinct()
                    .map(results::get)
                    .forEach(result -> answer.topics().add(complete(result, now)));
            return answer;
        }

        private CreatableTopicResult complete(CreatableTopicResult result, ClusterView now) {
            CreatableTopic topic = screened.accepted().get(result.name());
            if (result.errorCode() != Errors.NONE.code() || topic == null) {
                return result;
            }
            Map<String, String> overrides = TopicScreening.overrides(topic);
            if (!request.validateOnly()) {
                for (String warning : TopicSettings.warnings(overrides)) {
                    log.warn("topic={} {}", topic.name(), warning);
                }
            }
            return result.setNumPartitions(CreationPlan.partitions(topic))
                    .setReplicationFactor((short) 1)
                    .setTopicConfigErrorCode(Errors.NONE.code())
                    .setConfigs(shown(configs.describe(now, overrides)));
        }
    }

    private static CompletableFuture<Optional<Problem>> delete(
            Controller.Session session, Uuid topicId) {
        DeleteTopicsRequestData request =
                new DeleteTopicsRequestData()
                        .setTopics(List.of(new DeleteTopicState().setTopicId(topicId)))
                        .setTimeoutMs(session.millisLeft());
        return session.ask(request, DeleteTopicsResponseData.class)
                .thenApply(answer -> answer.responses().iterator().next())
                .thenApply(result -> Errors.forCode(result.errorCode()))
                .thenApply(error ->
                        error == Errors.NONE || error == Errors.UNKNOWN_TOPIC_ID
                                ? Optional.<Problem>empty()
                                : Optional.of(new Problem(error, error.message())))
                .exceptionally(error -> Optional.of(Problem.of(error)));
    }

    private static CreatableTopicResult leftBehind(String name, Problem why) {
        log.error("topic={} was left with a part of its partitions: {}", name, why);
        return result(
                name,
                new Problem(
                        why.error(),
                        "The topic was created with a part of its partitions only, and could not be"
                                + " deleted again: "
                                + why.message()));
    }

    private static List<CreatableTopicConfigs> shown(List<EffectiveSetting> settings) {
        List<CreatableTopicConfigs> shown = new ArrayList<>(settings.size());
        for (EffectiveSetting setting : settings) {
            shown.add(
                    new CreatableTopicConfigs()
                            .setName(setting.setting().name())
                            .setValue(setting.value())
                            .setReadOnly(false)
                            .setConfigSource(setting.source().id())
                            .setIsSensitive(false));
        }
        return shown;
    }
}
