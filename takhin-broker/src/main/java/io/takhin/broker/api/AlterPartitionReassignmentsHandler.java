package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignablePartition;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData.ReassignableTopic;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignablePartitionResponse;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData.ReassignableTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * AlterPartitionReassignments (KIP-455). Data does not move between brokers in this version, so a
 * reassignment to other replicas would never end and is refused; cancelling, and asking for what is
 * there already, is the controller's to answer.
 */
public final class AlterPartitionReassignmentsHandler implements ApiHandler {
    private static final Problem CANNOT_MOVE =
            new Problem(
                    Errors.INVALID_REPLICA_ASSIGNMENT,
                    "Moving a partition to other brokers is not in this version of Takhin.");

    private final Controller controller;
    private final Supplier<ClusterView> view;

    public AlterPartitionReassignmentsHandler(Controller controller, Supplier<ClusterView> view) {
        this.controller = controller;
        this.view = view;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.ALTER_PARTITION_REASSIGNMENTS;
    }

    @Override
    public void handle(Exchange exchange) {
        AlterPartitionReassignmentsRequestData request =
                (AlterPartitionReassignmentsRequestData) exchange.request().body();
        List<ReassignableTopicResponse> refused = new ArrayList<>();
        AlterPartitionReassignmentsRequestData question = possible(request, refused);
        if (question.topics().isEmpty() && !refused.isEmpty()) {
            exchange.reply(new AlterPartitionReassignmentsResponseData().setResponses(refused));
            return;
        }
        Controller.Session session =
                controller.session(Controller.callerOf(exchange), request.timeoutMs());
        Answers.give(
                exchange,
                session.ask(question, AlterPartitionReassignmentsResponseData.class)
                        .thenApply(answer -> with(answer, refused)),
                problem ->
                        new AlterPartitionReassignmentsResponseData()
                                .setErrorCode(problem.code())
                                .setErrorMessage(problem.message()));
    }

    private AlterPartitionReassignmentsRequestData possible(
            AlterPartitionReassignmentsRequestData request,
            List<ReassignableTopicResponse> refused) {
        ClusterView now = view.get();
        AlterPartitionReassignmentsRequestData question =
                new AlterPartitionReassignmentsRequestData()
                        .setTimeoutMs(request.timeoutMs())
                        .setAllowReplicationFactorChange(request.allowReplicationFactorChange());
        for (ReassignableTopic topic : request.topics()) {
            ClusterView.Topic known = now.topic(topic.name());
            List<ReassignablePartition> moves =
                    topic.partitions().stream().filter(it -> moves(it, known)).toList();
            List<ReassignablePartition> rest = new ArrayList<>(topic.partitions());
            rest.removeAll(moves);
            if (!rest.isEmpty() || moves.isEmpty()) {
                question.topics()
                        .add(new ReassignableTopic().setName(topic.name()).setPartitions(rest));
            }
            if (!moves.isEmpty()) {
                refused.add(refusal(topic.name(), moves));
            }
        }
        return question;
    }

    /** What is not known here, or makes no sense, the controller refuses in its own words. */
    private static boolean moves(
            ReassignablePartition partition, ClusterView.@Nullable Topic topic) {
        int index = partition.partitionIndex();
        List<Integer> replicas = partition.replicas();
        return replicas != null
                && !replicas.isEmpty()
                && topic != null
                && index >= 0
                && index < topic.partitions().size()
                && !topic.partitions().get(index).replicas().equals(replicas);
    }

    private static ReassignableTopicResponse refusal(
            String topic, List<ReassignablePartition> moves) {
        return new ReassignableTopicResponse()
                .setName(topic)
                .setPartitions(
                        moves.stream()
                                .map(move ->
                                        new ReassignablePartitionResponse()
                                                .setPartitionIndex(move.partitionIndex())
                                                .setErrorCode(CANNOT_MOVE.code())
                                                .setErrorMessage(CANNOT_MOVE.message()))
                                .toList());
    }

    private static AlterPartitionReassignmentsResponseData with(
            AlterPartitionReassignmentsResponseData answer,
            List<ReassignableTopicResponse> refused) {
        List<ReassignableTopicResponse> all = new ArrayList<>(answer.responses());
        all.addAll(refused);
        return answer.setResponses(all);
    }
}
