package io.takhin.metadata;

import org.apache.kafka.common.network.ListenerName;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.raft.NetworkChannel;
import org.apache.kafka.raft.RaftRequest;
import org.apache.kafka.raft.RaftResponse;
import org.apache.kafka.raft.RaftUtil;

/** The network of a quorum of one: there is nobody to talk to. */
final class NoPeers implements NetworkChannel {
    @Override
    public int newCorrelationId() {
        return 0;
    }

    @Override
    public void send(RaftRequest.Outbound request) {
        request.completion.complete(
                new RaftResponse.Inbound(
                        request.correlationId(),
                        RaftUtil.errorResponse(
                                ApiKeys.forId(request.data().apiKey()),
                                Errors.BROKER_NOT_AVAILABLE),
                        request.destination()));
    }

    @Override
    public ListenerName listenerName() {
        return RaftNode.LISTENER;
    }

    @Override
    public void close() {}
}
