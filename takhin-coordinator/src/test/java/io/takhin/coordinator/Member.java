package io.takhin.coordinator;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;
import org.jspecify.annotations.Nullable;

/** A consumer that speaks the classic protocol, as far as the coordinator sees it. */
final class Member {
    static final Duration REBALANCE = Duration.ofSeconds(30);

    private final Groups groups;
    private final String group;
    private final @Nullable String instanceId;
    private String id = "";
    private int generation = -1;
    private int userDataBytes;

    Member(Groups groups, String group) {
        this(groups, group, null);
    }

    Member(Groups groups, String group, @Nullable String instanceId) {
        this.groups = groups;
        this.group = group;
        this.instanceId = instanceId;
    }

    String id() {
        return id;
    }

    int generation() {
        return generation;
    }

    /** Asks for a member id first, as clients do; then waits for the group with a join. */
    CompletableFuture<JoinGroupResponseData> join() {
        if (id.isEmpty() && instanceId == null) {
            id = Groups.get(request()).memberId();
        }
        return request();
    }

    private CompletableFuture<JoinGroupResponseData> request() {
        JoinGroupRequestProtocolCollection protocols = new JoinGroupRequestProtocolCollection();
        protocols.add(new JoinGroupRequestProtocol().setName("range").setMetadata(subscription()));
        return groups.coordination.joinGroup(
                Groups.context(ApiKeys.JOIN_GROUP),
                new JoinGroupRequestData()
                        .setGroupId(group)
                        .setMemberId(id)
                        .setGroupInstanceId(instanceId)
                        .setProtocolType("consumer")
                        .setSessionTimeoutMs(10_000)
                        .setRebalanceTimeoutMs((int) REBALANCE.toMillis())
                        .setProtocols(protocols));
    }

    /** What an assignor of the client's own would send along. */
    Member withUserData(int bytes) {
        userDataBytes = bytes;
        return this;
    }

    private byte[] subscription() {
        return Utils.toArray(
                ConsumerProtocol.serializeSubscription(
                        new Subscription(List.of("orders"), ByteBuffer.allocate(userDataBytes))));
    }

    JoinGroupResponseData joined(CompletableFuture<JoinGroupResponseData> answer) {
        JoinGroupResponseData joined = groups.within(REBALANCE, answer);
        if (joined.errorCode() == Errors.NONE.code()) {
            id = joined.memberId();
            generation = joined.generationId();
        }
        return joined;
    }

    JoinGroupResponseData joinNow() {
        return joined(join());
    }

    /** The leader brings the assignments, everybody else none. */
    CompletableFuture<SyncGroupResponseData> sync(Map<String, String> assignments) {
        List<SyncGroupRequestAssignment> wanted =
                assignments.entrySet().stream()
                        .map(each ->
                                new SyncGroupRequestAssignment()
                                        .setMemberId(each.getKey())
                                        .setAssignment(
                                                each.getValue().getBytes(StandardCharsets.UTF_8)))
                        .toList();
        return groups.coordination.syncGroup(
                Groups.context(ApiKeys.SYNC_GROUP),
                new SyncGroupRequestData()
                        .setGroupId(group)
                        .setMemberId(id)
                        .setGroupInstanceId(instanceId)
                        .setGenerationId(generation)
                        .setProtocolType("consumer")
                        .setProtocolName("range")
                        .setAssignments(wanted));
    }

    Errors heartbeat() {
        return Errors.forCode(
                Groups.get(
                                groups.coordination.heartbeat(
                                        Groups.context(ApiKeys.HEARTBEAT),
                                        new HeartbeatRequestData()
                                                .setGroupId(group)
                                                .setMemberId(id)
                                                .setGroupInstanceId(instanceId)
                                                .setGenerationId(generation)))
                        .errorCode());
    }

    LeaveGroupResponseData leave() {
        return Groups.get(
                groups.coordination.leaveGroup(
                        Groups.context(ApiKeys.LEAVE_GROUP),
                        new LeaveGroupRequestData()
                                .setGroupId(group)
                                .setMembers(
                                        List.of(
                                                new MemberIdentity()
                                                        .setMemberId(id)
                                                        .setGroupInstanceId(instanceId)))));
    }
}
