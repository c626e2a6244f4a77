package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** Heartbeat: a member of a classic group is alive, and hears of rebalances. */
final class HeartbeatHandler extends GroupHandler<HeartbeatRequestData> {
    private final GroupCoordination groups;

    HeartbeatHandler(GroupCoordination groups) {
        super(ApiKeys.HEARTBEAT, HeartbeatRequestData.class);
        this.groups = groups;
    }

    @Override
    CompletableFuture<? extends ApiMessage> answer(
            ClientContext context, HeartbeatRequestData request) {
        return groups.heartbeat(context, request);
    }

    @Override
    ApiMessage refusal(ClientContext context, HeartbeatRequestData request, Errors error) {
        return new HeartbeatResponseData().setErrorCode(error.code());
    }
}
