package io.takhin.metadata;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.AllocateProducerIdsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.AlterPartitionRequestData;
import org.apache.kafka.common.message.AssignReplicasToDirsRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatResponseData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.BrokerRegistrationResponseData;
import org.apache.kafka.common.message.ControllerRegistrationRequestData;
import org.apache.kafka.common.message.ControllerRegistrationResponseData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData.CreatePartitionsTopicResult;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.ElectLeadersRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.controller.Controller;
import org.apache.kafka.controller.ControllerRequestContext;
import org.apache.kafka.metadata.BrokerHeartbeatReply;

/**
 * The requests Kafka's controller serves, each as the call it stands for. What Kafka's controller
 * leaves to its callers is done here: a name that appears twice in a request is refused.
 *
 * <p>Threads: any; the controller has its own.
 */
final class ControllerCalls {
    private static final String TWICE = "Duplicate topic name.";

    private final Controller controller;
    private final TopicDeletion deletion;
    private final ConfigurationChange configuration;

    ControllerCalls(Controller controller) {
        this.controller = controller;
        this.deletion = new TopicDeletion(controller);
        this.configuration = new ConfigurationChange(controller);
    }

    /** The answer; fails with a Kafka exception where the answer has no place for one error. */
    CompletableFuture<? extends ApiMessage> call(
            ControllerRequestContext context, ApiMessage request) {
        return switch (request) {
            case CreateTopicsRequestData it -> createTopics(context, it);
            case DeleteTopicsRequestData it -> deletion.delete(context, it);
            case CreatePartitionsRequestData it -> createPartitions(context, it);
            case IncrementalAlterConfigsRequestData it -> configuration.change(context, it);
            case AlterConfigsRequestData it -> configuration.replace(context, it);
            case AlterPartitionRequestData it -> controller.alterPartition(context, it);
            case AlterPartitionReassignmentsRequestData it ->
                    controller.alterPartitionReassignments(context, it);
            case ListPartitionReassignmentsRequestData it ->
                    controller.listPartitionReassignments(context, it);
            case ElectLeadersRequestData it -> controller.electLeaders(context, it);
            case UpdateFeaturesRequestData it -> controller.updateFeatures(context, it);
            case AllocateProducerIdsRequestData it -> controller.allocateProducerIds(context, it);
            case AssignReplicasToDirsRequestData it -> controller.assignReplicasToDirs(context, it);
            case BrokerRegistrationRequestData it -> register(context, it);
            case BrokerHeartbeatRequestData it -> heartbeat(context, it);
            case UnregisterBrokerRequestData it ->
                    controller
                            .unregisterBroker(context, it.brokerId())
                            .thenApply(_ -> new UnregisterBrokerResponseData());
            case ControllerRegistrationRequestData it ->
                    controller
                            .registerController(context, it)
                            .thenApply(_ -> new ControllerRegistrationResponseData());
            default ->
                    CompletableFuture.failedFuture(
                            new UnsupportedVersionException(
                                    "the controller does not serve " + request.getClass()));
        };
    }

    private CompletableFuture<BrokerRegistrationResponseData> register(
            ControllerRequestContext context, BrokerRegistrationRequestData request) {
        return controller
                .registerBroker(context, request)
                .thenApply(reply ->
                        new BrokerRegistrationResponseData().setBrokerEpoch(reply.epoch()));
    }

    private CompletableFuture<BrokerHeartbeatResponseData> heartbeat(
            ControllerRequestContext context, BrokerHeartbeatRequestData request) {
        return controller
                .processBrokerHeartbeat(context, request)
                .thenApply(ControllerCalls::answer);
    }

    private static BrokerHeartbeatResponseData answer(BrokerHeartbeatReply reply) {
        return new BrokerHeartbeatResponseData()
                .setIsCaughtUp(reply.isCaughtUp())
                .setIsFenced(reply.isFenced())
                .setShouldShutDown(reply.shouldShutDown());
    }

    private CompletableFuture<CreateTopicsResponseData> createTopics(
            ControllerRequestContext context, CreateTopicsRequestData request) {
        Set<String> twice = twice(request.topics().stream().map(CreatableTopic::name).toList());
        Set<String> once =
                request.topics().stream()
                        .map(CreatableTopic::name)
                        .filter(name -> !twice.contains(name))
                        .collect(Collectors.toSet());
        CreateTopicsRequestData unique = twice.isEmpty() ? request : without(request, twice);
        // Whether the caller may see a topic's settings is for the broker that took the request.
        return controller
                .createTopics(context, unique, once, false)
                .thenApply(answer -> {
                    twice.forEach(name ->
                            answer.topics()
                                    .add(
                                            new CreatableTopicResult()
                                                    .setName(name)
                                                    .setErrorCode(Errors.INVALID_REQUEST.code())
                                                    .setErrorMessage(TWICE)));
                    return answer;
                });
    }

    private static CreateTopicsRequestData without(
            CreateTopicsRequestData request, Set<String> names) {
        CreatableTopicCollection kept = new CreatableTopicCollection();
        for (CreatableTopic topic : request.topics()) {
            if (!names.contains(topic.name())) {
                kept.add(topic.duplicate());
            }
        }
        return new CreateTopicsRequestData()
                .setTopics(kept)
                .setTimeoutMs(request.timeoutMs())
                .setValidateOnly(request.validateOnly());
    }

    private CompletableFuture<CreatePartitionsResponseData> createPartitions(
            ControllerRequestContext context, CreatePartitionsRequestData request) {
        Set<String> twice =
                twice(request.topics().stream().map(CreatePartitionsTopic::name).toList());
        List<CreatePartitionsTopic> once =
                request.topics().stream().filter(topic -> !twice.contains(topic.name())).toList();
        return controller
                .createPartitions(context, once, request.validateOnly())
                .thenApply(results -> {
                    CreatePartitionsResponseData answer = new CreatePartitionsResponseData();
                    answer.results().addAll(results);
                    twice.forEach(name ->
                            answer.results()
                                    .add(
                                            new CreatePartitionsTopicResult()
                                                    .setName(name)
                                                    .setErrorCode(Errors.INVALID_REQUEST.code())
                                                    .setErrorMessage(TWICE)));
                    return answer;
                });
    }

    private static Set<String> twice(List<String> names) {
        Set<String> seen = new HashSet<>();
        return names.stream().filter(name -> !seen.add(name)).collect(Collectors.toSet());
    }
}
