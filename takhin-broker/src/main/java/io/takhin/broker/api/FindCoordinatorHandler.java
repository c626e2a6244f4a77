package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import io.takhin.metadata.ClusterView;
import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.FindCoordinatorRequest;

/** FindCoordinator: which broker looks after a group. */
final class FindCoordinatorHandler extends GroupHandler<FindCoordinatorRequestData> {
    private static final byte GROUP = 0;
    private static final byte TRANSACTION = 1;

    private final GroupCoordination groups;
    private final OffsetsTopic offsetsTopic;

    FindCoordinatorHandler(GroupCoordination groups, OffsetsTopic offsetsTopic) {
        super(ApiKeys.FIND_COORDINATOR, FindCoordinatorRequestData.class);
        this.groups = groups;
        this.offsetsTopic = offsetsTopic;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, FindCoordinatorRequestData request) {
        return switch (request.keyType()) {
            case GROUP ->
                    offsetsTopic
                            .ensure()
                            .thenApply(view ->
                                    answer(
                                            context,
                                            keys(context, request).stream()
                                                    .map(key -> coordinator(view, key))
                                                    .toList()));
            // An error that clients do not retry until their patience ends, and whose text they
            // show (ADR 53).
            case TRANSACTION ->
                    refuse(
                            context,
                            request,
                            Errors.CLUSTER_AUTHORIZATION_FAILED,
                            "Transactions are not in this version of Takhin.");
            default ->
                    refuse(
                            context,
                            request,
                            Errors.INVALID_REQUEST,
                            "No coordinator of type " + request.keyType() + " in this version.");
        };
    }

    @Override
    ApiMessage refusal(ClientContext context, FindCoordinatorRequestData request, Errors error) {
        return refusal(context, request, error, error.message());
    }

    private static List<String> keys(ClientContext context, FindCoordinatorRequestData request) {
        return isBatched(context) ? request.coordinatorKeys() : List.of(request.key());
    }

    private static boolean isBatched(ClientContext context) {
        return context.requestVersion() >= FindCoordinatorRequest.MIN_BATCHED_VERSION;
    }

    private Coordinator coordinator(ClusterView view, String groupId) {
        ClusterView.Topic topic = OffsetsTopic.in(view);
        OptionalInt partition = groups.partitionFor(groupId);
        if (topic == null
                || partition.isEmpty()
                || partition.getAsInt() >= topic.partitions().size()) {
            return none(groupId, Errors.COORDINATOR_NOT_AVAILABLE, "");
        }
        int leader = topic.partitions().get(partition.getAsInt()).leader();
        ClusterView.BrokerNode broker = view.broker(leader);
        if (broker == null || !broker.alive()) {
            return none(groupId, Errors.COORDINATOR_NOT_AVAILABLE, "");
        }
        return new Coordinator()
                .setKey(groupId)
                .setNodeId(broker.id())
                .setHost(broker.host())
                .setPort(broker.port());
    }

    private static Coordinator none(String key, Errors error, String why) {
        return new Coordinator()
                .setKey(key)
                .setNodeId(Node.noNode().id())
                .setHost(Node.noNode().host())
                .setPort(Node.noNode().port())
                .setErrorCode(error.code())
                .setErrorMessage(why.isEmpty() ? error.message() : why);
    }

    private static CompletableFuture<ApiMessage> refuse(
            ClientContext context, FindCoordinatorRequestData request, Errors error, String why) {
        return CompletableFuture.completedFuture(refusal(context, request, error, why));
    }

    private static ApiMessage refusal(
            ClientContext context, FindCoordinatorRequestData request, Errors error, String why) {
        return answer(
                context,
                keys(context, request).stream().map(key -> none(key, error, why)).toList());
    }

    /** Versions before 4 know one key, and no list. */
    private static FindCoordinatorResponseData answer(
            ClientContext context, List<Coordinator> coordinators) {
        if (isBatched(context)) {
            return new FindCoordinatorResponseData().setCoordinators(coordinators);
        }
        Coordinator only = coordinators.getFirst();
        return new FindCoordinatorResponseData()
                .setNodeId(only.nodeId())
                .setHost(only.host())
                .setPort(only.port())
                .setErrorCode(only.errorCode())
                .setErrorMessage(only.errorMessage());
    }
}
