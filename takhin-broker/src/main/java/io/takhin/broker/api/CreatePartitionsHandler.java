package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopicCollection;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * CreatePartitions (KIP-195). A request for more partitions than the controller adds at once is
 * taken topic by topic and step by step; when a step fails, the answer says how far it came.
 */
public final class CreatePartitionsHandler implements ApiHandler {
    private final Controller controller;
    private final Supplier<ClusterView> view;

    public CreatePartitionsHandler(Controller controller, Supplier<ClusterView> view) {
        this.controller = controller;
        this.view = view;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.CREATE_PARTITIONS;
    }

    @Override
    public void handle(Exchange exchange) {
        CreatePartitionsRequestData request =
                (CreatePartitionsRequestData) exchange.request().body();
        Run run =
                new Run(
                        request,
                        view.get(),
                        controller.session(Controller.callerOf(exchange), request.timeoutMs()));
        Answers.give(exchange, run.start());
    }

    private static CreatePartitionsTopicResult result(String name, Problem problem) {
        return new CreatePartitionsTopicResult()
                .setName(name)
                .setErrorCode(problem.code())
                .setErrorMessage(problem.message());
    }

    /** One request on its way. Its steps follow one another, so its fields need no lock. */
    private static final class Run {
        private final CreatePartitionsRequestData request;
        private final ClusterView view;
        private final Controller.Session session;
        private final Map<String, CreatePartitionsTopic> accepted = new LinkedHashMap<>();
        private final Set<String> duplicates = new LinkedHashSet<>();
        private final List<CreatePartitionsTopicResult> results = new ArrayList<>();

        Run(CreatePartitionsRequestData request, ClusterView view, Controller.Session session) {
            this.request = request;
            this.view = view;
            this.session = session;
        }

        CompletableFuture<CreatePartitionsResponseData> start() {
            request.topics().forEach(this::accept);
            duplicates.forEach(name ->
                    results.add(result(name, Problem.invalidRequest("Duplicate topic name."))));
            long added = accepted.values().stream().mapToLong(this::added).sum();
            CompletableFuture<Void> steps;
            if (added > TopicScreening.PARTITIONS_MAX) {
                failAll(new Problem(Errors.POLICY_VIOLATION, "Too many partitions per request."));
                steps = CompletableFuture.completedFuture(null);
            } else {
                steps = added > CreationPlan.RECORDS_MAX ? oneByOne() : allAtOnce();
            }
            return steps.thenApply(_ -> new CreatePartitionsResponseData().setResults(results));
        }

        private void accept(CreatePartitionsTopic topic) {
            if (duplicates.contains(topic.name())) {
                return;
            }
            if (accepted.remove(topic.name()) != null) {
                duplicates.add(topic.name());
            } else {
                accepted.put(topic.name(), topic.duplicate());
            }
        }

        private long added(CreatePartitionsTopic topic) {
            return Math.max(0, (long) topic.count() - have(topic));
        }

        /** A topic this broker has not heard of is the controller's to refuse. */
        private int have(CreatePartitionsTopic topic) {
            ClusterView.Topic known = view.topic(topic.name());
            return known == null ? topic.count() : known.partitions().size();
        }

        private CompletableFuture<Void> allAtOnce() {
            if (accepted.isEmpty()) {
                return CompletableFuture.completedFuture(null);
            }
            return ask(accepted.values());
        }

        private CompletableFuture<Void> ask(Iterable<CreatePartitionsTopic> some) {
            CreatePartitionsTopicCollection topics = new CreatePartitionsTopicCollection();
            some.forEach(topic -> topics.add(topic.duplicate()));
            CreatePartitionsRequestData question =
                    new CreatePartitionsRequestData()
                            .setTopics(topics)
                            .setTimeoutMs(session.millisLeft())
                            .setValidateOnly(request.validateOnly());
            return session.ask(question, CreatePartitionsResponseData.class)
                    .handle((answer, error) -> {
                        if (error == null) {
                            results.addAll(answer.results());
                        } else {
                            some.forEach(topic -> fail(topic, Problem.of(error)));
                        }
                        return null;
                    });
        }

        private void failAll(Problem problem) {
            accepted.values().forEach(topic -> fail(topic, problem));
        }

        private void fail(CreatePartitionsTopic topic, Problem problem) {
            results.add(result(topic.name(), problem));
        }

        private CompletableFuture<Void> oneByOne() {
            CompletableFuture<Void> steps = CompletableFuture.completedFuture(null);
            for (CreatePartitionsTopic topic : accepted.values()) {
                steps =
                        steps.thenCompose(
                                _ -> canGrowInSteps(topic) ? grow(topic) : ask(List.of(topic)));
            }
            return steps;
        }

        /** What does not fit together is the controller's to refuse, in its own words. */
        private boolean canGrowInSteps(CreatePartitionsTopic topic) {
            boolean fits =
                    topic.assignments() == null || topic.assignments().size() == added(topic);
            return added(topic) > CreationPlan.RECORDS_MAX && fits;
        }

        private CompletableFuture<Void> grow(CreatePartitionsTopic topic) {
            return new PartitionGrowth(session, topic, have(topic), request.validateOnly())
                    .run()
                    .thenAccept(problem -> results.add(grown(topic, problem)));
        }

        private CreatePartitionsTopicResult grown(
                CreatePartitionsTopic topic, Optional<Problem> problem) {
            return problem.map(why -> result(topic.name(), partly(topic, why)))
                    .orElseGet(() -> result(topic.name(), new Problem(Errors.NONE, null)));
        }

        private static Problem partly(CreatePartitionsTopic topic, Problem why) {
            return new Problem(
                    why.error(),
                    "The partitions up to %d are added in steps, and one failed; describe the topic to see how many it has now: %s"
                            .formatted(topic.count(), why.message()));
        }
    }
}
