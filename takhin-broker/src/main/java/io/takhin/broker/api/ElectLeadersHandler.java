package io.takhin.broker.api;

import io.takhin.network.Exchange;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData.TopicPartitions;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData.PartitionResult;
import org.apache.kafka.common.message.ElectLeadersResponseData.ReplicaElectionResult;
import org.apache.kafka.common.protocol.ApiKeys;

/** ElectLeaders (KIP-183, KIP-460). */
public final class ElectLeadersHandler implements ApiHandler {
    private final Controller controller;

    public ElectLeadersHandler(Controller controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.ELECT_LEADERS;
    }

    @Override
    public void handle(Exchange exchange) {
        ElectLeadersRequestData request = (ElectLeadersRequestData) exchange.request().body();
        Controller.Session session =
                controller.session(Controller.callerOf(exchange), request.timeoutMs());
        boolean hasTopLevelError = exchange.request().version() > 0;
        Answers.give(
                exchange,
                session.ask(request, ElectLeadersResponseData.class)
                        .thenApply(answer ->
                                hasTopLevelError ? answer : answer.setErrorCode((short) 0)),
                problem -> failed(request, problem, hasTopLevelError));
    }

    /** Version 0 has a place for errors only with each partition. */
    private static ElectLeadersResponseData failed(
            ElectLeadersRequestData request, Problem problem, boolean hasTopLevelError) {
        ElectLeadersResponseData answer = new ElectLeadersResponseData();
        if (hasTopLevelError) {
            answer.setErrorCode(problem.code());
        }
        if (request.topicPartitions() != null) {
            for (TopicPartitions topic : request.topicPartitions()) {
                answer.replicaElectionResults().add(failed(topic, problem));
            }
        }
        return answer;
    }

    private static ReplicaElectionResult failed(TopicPartitions topic, Problem problem) {
        return new ReplicaElectionResult()
                .setTopic(topic.topic())
                .setPartitionResult(
                        topic.partitions().stream()
                                .map(partition ->
                                        new PartitionResult()
                                                .setPartitionId(partition)
                                                .setErrorCode(problem.code())
                                                .setErrorMessage(problem.message()))
                                .toList());
    }
}
