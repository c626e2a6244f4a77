package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.message.ConsumerGroupDescribeRequestData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Joining, staying and leaving, and what operators see of it, over all versions. */
class MembershipHandlersTest {
    private static final Set<Byte> EVERYTHING =
            Stream.of(
                            AclOperation.READ,
                            AclOperation.DELETE,
                            AclOperation.DESCRIBE,
                            AclOperation.DESCRIBE_CONFIGS,
                            AclOperation.ALTER_CONFIGS)
                    .map(AclOperation::code)
                    .collect(Collectors.toSet());

    private static final Set<Byte> OMITTED = Utils.from32BitField(Integer.MIN_VALUE);

    private final TestCluster cluster =
            new TestCluster().broker(1).topic("orders", 2).feature("group.version", 1);
    private final TestGroups groups = new TestGroups();
    private final JoinGroupHandler join = new JoinGroupHandler(groups.coordination());
    private final SyncGroupHandler sync = new SyncGroupHandler(groups.coordination());
    private final HeartbeatHandler heartbeat = new HeartbeatHandler(groups.coordination());
    private final LeaveGroupHandler leave = new LeaveGroupHandler(groups.coordination());
    private final ListGroupsHandler list = new ListGroupsHandler(groups.coordination());
    private final DescribeGroupsHandler describe = new DescribeGroupsHandler(groups.coordination());
    private final DeleteGroupsHandler delete = new DeleteGroupsHandler(groups.coordination());
    private final ConsumerGroupHeartbeatHandler consumerHeartbeat =
            new ConsumerGroupHeartbeatHandler(cluster::view, groups.coordination());
    private final ConsumerGroupDescribeHandler consumerDescribe =
            new ConsumerGroupDescribeHandler(cluster::view, groups.coordination());

    @BeforeEach
    void serve() {
        groups.serve(cluster.view());
    }

    @AfterEach
    void stop() {
        groups.close();
    }

    static Stream<Integer> joinVersions() {
        return versions(ApiKeys.JOIN_GROUP);
    }

    static Stream<Integer> syncVersions() {
        return versions(ApiKeys.SYNC_GROUP);
    }

    static Stream<Integer> heartbeatVersions() {
        return versions(ApiKeys.HEARTBEAT);
    }

    static Stream<Integer> leaveVersions() {
        return versions(ApiKeys.LEAVE_GROUP);
    }

    static Stream<Integer> listVersions() {
        return versions(ApiKeys.LIST_GROUPS);
    }

    static Stream<Integer> describeVersions() {
        return versions(ApiKeys.DESCRIBE_GROUPS);
    }

    static Stream<Integer> deleteVersions() {
        return versions(ApiKeys.DELETE_GROUPS);
    }

    private static Stream<Integer> versions(ApiKeys key) {
        return IntStream.rangeClosed(key.oldestVersion(), key.latestVersion(false)).boxed();
    }

    @ParameterizedTest
    @MethodSource("joinVersions")
    void everyVersionJoins(int version) {
        JoinGroupResponseData joined = joined(version);

        assertThat(Errors.forCode(joined.errorCode())).isEqualTo(Errors.NONE);
        assertThat(joined.leader()).isEqualTo(joined.memberId());
        assertThat(joined.protocolName()).isEqualTo("range");
    }

    @ParameterizedTest
    @MethodSource("joinVersions")
    void aRefusedJoinHasTheShapeOfItsVersion(int version) {
        JoinGroupResponseData refused =
                FakeExchange.of(joinRequest("").setGroupId(""), version)
                        .answerOf(join, JoinGroupResponseData.class);

        assertThat(Errors.forCode(refused.errorCode())).isEqualTo(Errors.INVALID_GROUP_ID);
    }

    @Test
    void aGarbledSubscriptionIsRefusedBeforeItStopsTheGroup() {
        JoinGroupRequestData request = joinRequest("");
        request.protocols().find("range").setMetadata("garbage".getBytes(StandardCharsets.UTF_8));

        JoinGroupResponseData refused =
                FakeExchange.of(request).answerOf(join, JoinGroupResponseData.class);

        assertThat(Errors.forCode(refused.errorCode()))
                .isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL);
    }

    @Test
    void aSubscriptionOfAnotherFormIsNotOurConcern() {
        JoinGroupRequestData request = joinRequest("");
        request.protocols().find("range").setMetadata(new byte[0]);

        JoinGroupResponseData joined =
                FakeExchange.of(request, 3).answerOf(join, JoinGroupResponseData.class);

        assertThat(Errors.forCode(joined.errorCode())).isEqualTo(Errors.NONE);
    }

    @ParameterizedTest
    @MethodSource("syncVersions")
    void everyVersionSyncs(int version) {
        JoinGroupResponseData member = joined(9);

        SyncGroupResponseData synced = synced(member, version);

        assertThat(Errors.forCode(synced.errorCode())).isEqualTo(Errors.NONE);
        assertThat(new String(synced.assignment(), StandardCharsets.UTF_8)).isEqualTo("all");
    }

    @Test
    void aSyncThatDoesNotSayItsProtocolIsRefused() {
        JoinGroupResponseData member = joined(9);
        SyncGroupRequestData request = syncRequest(member).setProtocolName(null);

        SyncGroupResponseData refused =
                FakeExchange.of(request, 5).answerOf(sync, SyncGroupResponseData.class);

        assertThat(Errors.forCode(refused.errorCode()))
                .isEqualTo(Errors.INCONSISTENT_GROUP_PROTOCOL);
    }

    @ParameterizedTest
    @MethodSource("heartbeatVersions")
    void everyVersionKeepsAMemberAlive(int version) {
        JoinGroupResponseData member = stable();
        HeartbeatRequestData request =
                new HeartbeatRequestData()
                        .setGroupId("g")
                        .setMemberId(member.memberId())
                        .setGenerationId(member.generationId());

        HeartbeatResponseData answer =
                FakeExchange.of(request, version).answerOf(heartbeat, HeartbeatResponseData.class);

        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
    }

    @ParameterizedTest
    @MethodSource("leaveVersions")
    void everyVersionLeaves(int version) {
        JoinGroupResponseData member = stable();
        LeaveGroupRequestData request = new LeaveGroupRequestData().setGroupId("g");
        if (version < 3) {
            request.setMemberId(member.memberId());
        } else {
            request.setMembers(List.of(new MemberIdentity().setMemberId(member.memberId())));
        }

        LeaveGroupResponseData answer =
                FakeExchange.of(request, version).answerOf(leave, LeaveGroupResponseData.class);

        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
        assertThat(described(6).groupState()).isEqualTo("Empty");
    }

    @ParameterizedTest
    @MethodSource("leaveVersions")
    void anUnknownMemberCannotLeave(int version) {
        stable();
        LeaveGroupRequestData request = new LeaveGroupRequestData().setGroupId("g");
        if (version < 3) {
            request.setMemberId("nobody");
        } else {
            request.setMembers(List.of(new MemberIdentity().setMemberId("nobody")));
        }

        LeaveGroupResponseData answer =
                FakeExchange.of(request, version).answerOf(leave, LeaveGroupResponseData.class);

        short error = version < 3 ? answer.errorCode() : answer.members().getFirst().errorCode();
        assertThat(Errors.forCode(error)).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
    }

    @ParameterizedTest
    @MethodSource("listVersions")
    void everyVersionLists(int version) { // S62
        stable();

        ListGroupsResponseData answer =
                FakeExchange.of(new ListGroupsRequestData(), version)
                        .answerOf(list, ListGroupsResponseData.class);

        assertThat(answer.groups())
                .singleElement()
                .satisfies(group -> assertThat(group.groupId()).isEqualTo("g"));
    }

    @ParameterizedTest
    @MethodSource("describeVersions")
    void everyVersionDescribes(int version) { // S62
        stable();

        DescribedGroup group = described(version);

        assertThat(group.groupState()).isEqualTo("Stable");
        assertThat(group.members()).hasSize(1);
        assertThat(Utils.from32BitField(group.authorizedOperations()))
                .isEqualTo(version < 3 ? OMITTED : EVERYTHING);
    }

    @ParameterizedTest
    @MethodSource("deleteVersions")
    void everyVersionDeletes(int version) { // S62
        stable();

        DeleteGroupsResponseData answer =
                FakeExchange.of(
                                new DeleteGroupsRequestData()
                                        .setGroupsNames(List.of("g", "nobody", "nobody")),
                                version)
                        .answerOf(delete, DeleteGroupsResponseData.class);

        assertThat(answer.results().find("g").errorCode()).isEqualTo(Errors.NON_EMPTY_GROUP.code());
        assertThat(answer.results().find("nobody").errorCode())
                .isEqualTo(Errors.GROUP_ID_NOT_FOUND.code());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aConsumerHeartbeatJoinsAndIsDescribed(int version) {
        ConsumerGroupHeartbeatResponseData answer = consumerJoin(version);
        ConsumerGroupDescribeResponseData described =
                FakeExchange.of(
                                new ConsumerGroupDescribeRequestData()
                                        .setGroupIds(List.of("g"))
                                        .setIncludeAuthorizedOperations(true),
                                version)
                        .answerOf(consumerDescribe, ConsumerGroupDescribeResponseData.class);

        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.NONE);
        assertThat(answer.assignment().topicPartitions().getFirst().partitions())
                .containsExactly(0, 1);
        assertThat(described.groups().getFirst().members()).hasSize(1);
    }

    @Test
    void consumerHeartbeatsNeedTheClustersFeature() {
        cluster.feature("group.version", 0);

        ConsumerGroupHeartbeatResponseData answer = consumerJoin(1);

        assertThat(Errors.forCode(answer.errorCode())).isEqualTo(Errors.UNSUPPORTED_VERSION);
    }

    private ConsumerGroupHeartbeatResponseData consumerJoin(int version) {
        ConsumerGroupHeartbeatRequestData request =
                new ConsumerGroupHeartbeatRequestData()
                        .setGroupId("g")
                        .setMemberId("member-1")
                        .setMemberEpoch(0)
                        .setRebalanceTimeoutMs(30_000)
                        .setSubscribedTopicNames(List.of("orders"))
                        .setTopicPartitions(List.of());
        return FakeExchange.of(request, version)
                .answerOf(consumerHeartbeat, ConsumerGroupHeartbeatResponseData.class);
    }

    private DescribedGroup described(int version) {
        DescribeGroupsRequestData request = new DescribeGroupsRequestData().setGroups(List.of("g"));
        if (version >= 3) {
            request.setIncludeAuthorizedOperations(true);
        }
        return FakeExchange.of(request, version)
                .answerOf(describe, DescribeGroupsResponseData.class)
                .groups()
                .getFirst();
    }

    private JoinGroupResponseData stable() {
        JoinGroupResponseData member = joined(9);
        synced(member, 5);
        return member;
    }

    /** From version 4 on a member is given its id first, and joins with it. */
    private JoinGroupResponseData joined(int version) {
        JoinGroupResponseData first =
                FakeExchange.of(joinRequest(""), version)
                        .answerOf(join, JoinGroupResponseData.class);
        return first.errorCode() != Errors.MEMBER_ID_REQUIRED.code()
                ? first
                : FakeExchange.of(joinRequest(first.memberId()), version)
                        .answerOf(join, JoinGroupResponseData.class);
    }

    private static JoinGroupRequestData joinRequest(String memberId) {
        JoinGroupRequestProtocolCollection protocols = new JoinGroupRequestProtocolCollection();
        protocols.add(
                new JoinGroupRequestProtocol()
                        .setName("range")
                        .setMetadata(
                                Utils.toArray(
                                        ConsumerProtocol.serializeSubscription(
                                                new Subscription(List.of("orders"))))));
        return new JoinGroupRequestData()
                .setGroupId("g")
                .setMemberId(memberId)
                .setProtocolType("consumer")
                .setSessionTimeoutMs(10_000)
                .setRebalanceTimeoutMs(30_000)
                .setProtocols(protocols);
    }

    private SyncGroupResponseData synced(JoinGroupResponseData member, int version) {
        SyncGroupRequestData request = syncRequest(member);
        if (version < 5) {
            request.setProtocolType(null).setProtocolName(null);
        }
        return FakeExchange.of(request, version).answerOf(sync, SyncGroupResponseData.class);
    }

    private static SyncGroupRequestData syncRequest(JoinGroupResponseData member) {
        return new SyncGroupRequestData()
                .setGroupId("g")
                .setMemberId(member.memberId())
                .setGenerationId(member.generationId())
                .setProtocolType("consumer")
                .setProtocolName("range")
                .setAssignments(
                        List.of(
                                new SyncGroupRequestAssignment()
                                        .setMemberId(member.memberId())
                                        .setAssignment("all".getBytes(StandardCharsets.UTF_8))));
    }
}
