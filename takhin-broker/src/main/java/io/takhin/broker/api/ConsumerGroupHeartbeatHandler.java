package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import io.takhin.metadata.ClusterView;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** ConsumerGroupHeartbeat: joins, assigns, revokes and leaves in one request (KIP-848). */
final class ConsumerGroupHeartbeatHandler extends GroupHandler<ConsumerGroupHeartbeatRequestData> {
    private final Supplier<ClusterView> views;
    private final GroupCoordination groups;

    ConsumerGroupHeartbeatHandler(Supplier<ClusterView> views, GroupCoordination groups) {
        super(ApiKeys.CONSUMER_GROUP_HEARTBEAT, ConsumerGroupHeartbeatRequestData.class);
        this.views = views;
        this.groups = groups;
    }

    /** Whether the cluster's feature level lets groups use KIP-848. */
    static boolean isEnabled(ClusterView view) {
        return view.features().finalized().getOrDefault("group.version", (short) 0) > 0;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, ConsumerGroupHeartbeatRequestData request) {
        return isEnabled(views.get())
                ? groups.consumerGroupHeartbeat(context, request)
                : CompletableFuture.completedFuture(
                        refusal(context, request, Errors.UNSUPPORTED_VERSION));
    }

    @Override
    ApiMessage refusal(
            ClientContext context, ConsumerGroupHeartbeatRequestData request, Errors error) {
        return new ConsumerGroupHeartbeatResponseData()
                .setErrorCode(error.code())
                .setErrorMessage(error.message());
    }
}
