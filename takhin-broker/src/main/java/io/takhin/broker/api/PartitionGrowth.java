package io.takhin.broker.api;

import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopicCollection;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.protocol.Errors;

/**
 * Adds partitions to one topic, some at a time.
 *
 * <p>When a step fails, the steps before it have happened; whoever grows a topic decides what that
 * means.
 */
final class PartitionGrowth {
    private final Controller.Session controller;
    private final CreatePartitionsTopic target;
    private final int from;
    private final boolean validateOnly;

    /**
     * @param target the assignments in it, if any, are those of the partitions after {@code from}
     * @param from how many partitions there are
     * @param validateOnly whether every step is only checked, as if it came first
     */
    PartitionGrowth(
            Controller.Session controller,
            CreatePartitionsTopic target,
            int from,
            boolean validateOnly) {
        this.controller = controller;
        this.target = target;
        this.from = from;
        this.validateOnly = validateOnly;
    }

    /** Takes all steps, or fails at one with the problem. */
    CompletableFuture<Optional<Problem>> run() {
        return step(from);
    }

    private CompletableFuture<Optional<Problem>> step(int have) {
        if (have >= target.count()) {
            return CompletableFuture.completedFuture(Optional.empty());
        }
        int next = Math.min(target.count(), have + CreationPlan.STEP_PARTITIONS);
        return ask(have, next)
                .thenCompose(problem ->
                        problem.isPresent()
                                ? CompletableFuture.completedFuture(problem)
                                : step(next));
    }

    private CompletableFuture<Optional<Problem>> ask(int have, int next) {
        CreatePartitionsTopicCollection topics = new CreatePartitionsTopicCollection();
        topics.add(
                new CreatePartitionsTopic()
                        .setName(target.name())
                        .setCount(validateOnly ? from + next - have : next)
                        .setAssignments(slice(have, next)));
        CreatePartitionsRequestData request =
                new CreatePartitionsRequestData()
                        .setTopics(topics)
                        .setTimeoutMs(controller.millisLeft())
                        .setValidateOnly(validateOnly);
        return controller
                .ask(request, CreatePartitionsResponseData.class)
                .thenApply(answer -> problem(answer.results().getFirst()))
                .exceptionally(error -> Optional.of(Problem.of(error)));
    }

    @SuppressWarnings("NullAway") // Null is the protocol's "place them yourself".
    private List<CreatePartitionsAssignment> slice(int have, int next) {
        return target.assignments() == null
                ? null
                : target.assignments().subList(have - from, next - from);
    }

    private static Optional<Problem> problem(CreatePartitionsTopicResult result) {
        Errors error = Errors.forCode(result.errorCode());
        return error == Errors.NONE
                ? Optional.empty()
                : Optional.of(new Problem(error, result.errorMessage()));
    }
}
