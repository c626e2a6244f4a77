package io.takhin.tests.clients;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.ProducerState;
import org.apache.kafka.clients.admin.QuorumInfo;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.Node;
import org.apache.kafka.common.TopicCollection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ElectionNotNeededException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.InvalidReplicationFactorException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Everything Kafka's admin client asks of a broker in this version. */
@BrokerTest
class AdminClientTest {
    private final JavaClients clients;
    private final Admin admin;
    private final String topic = Fresh.name("administered");
    private final TopicPartition partition = new TopicPartition(topic, 0);

    AdminClientTest(Broker broker) {
        this.clients = new JavaClients(broker);
        this.admin = clients.admin();
    }

    @AfterEach
    void closeTheClient() {
        admin.close();
    }

    @Test
    void createdTopicsTellTheirIdPartitionsAndSettings() throws Exception {
        NewTopic wanted =
                new NewTopic(topic, 3, (short) 1).configs(Map.of("segment.bytes", "2097152"));

        var result = admin.createTopics(List.of(wanted));

        assertThat(result.numPartitions(topic).get()).isEqualTo(3);
        assertThat(result.replicationFactor(topic).get()).isEqualTo(1);
        assertThat(result.topicId(topic).get()).isNotEqualTo(Uuid.ZERO_UUID);
        assertThat(result.config(topic).get().get("segment.bytes").value()).isEqualTo("2097152");
    }

    @Test
    void validatingCreatesNothing() throws Exception {
        CreateTopicsOptions validateOnly = new CreateTopicsOptions().validateOnly(true);

        admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1)), validateOnly).all().get();

        assertThat(admin.listTopics().names().get()).doesNotContain(topic);
    }

    // S72
    @ParameterizedTest
    @ValueSource(strings = {"with space", "sla/sh", "..", "ümlaut", "a:b"})
    void illegalNamesAreRefused(String name) {
        assertFails(create(new NewTopic(name, 1, (short) 1)), InvalidTopicException.class);
    }

    // S72
    @Test
    void aNameMayHaveTwoHundredAndFortyNineCharactersAndNotOneMore() throws Exception {
        String longest = (topic + "-" + "x".repeat(249)).substring(0, 249);

        create(new NewTopic(longest, 1, (short) 1)).get();

        assertThat(admin.listTopics().names().get()).contains(longest);
        assertFails(create(new NewTopic(longest + "x", 1, (short) 1)), InvalidTopicException.class);
    }

    @Test
    void namesThatDifferOnlyInDotAndUnderscoreCollide() throws Exception {
        create(new NewTopic(topic + "a.b", 1, (short) 1)).get();

        assertFails(create(new NewTopic(topic + "a_b", 1, (short) 1)), InvalidTopicException.class);
    }

    @Test
    void impossibleTopicsAreRefusedWithTheirReason() throws Exception {
        create(new NewTopic(topic, 1, (short) 1)).get();

        assertFails(create(new NewTopic(topic, 1, (short) 1)), TopicExistsException.class);
        assertFails(
                create(new NewTopic(topic + "0", 0, (short) 1)), InvalidPartitionsException.class);
        assertFails(
                create(new NewTopic(topic + "9", 1, (short) 9)),
                InvalidReplicationFactorException.class);
        assertFails(
                create(new NewTopic(topic + "c", 1, (short) 1).configs(Map.of("no.such", "1"))),
                InvalidConfigurationException.class);
    }

    @Test
    void topicsAreFoundByNameAndById() throws Exception {
        create(new NewTopic(topic, 2, (short) 1)).get();

        TopicDescription byName =
                admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
        TopicDescription byId =
                admin.describeTopics(TopicCollection.ofTopicIds(List.of(byName.topicId())))
                        .allTopicIds()
                        .get()
                        .get(byName.topicId());

        assertThat(byName.partitions()).hasSize(2);
        assertThat(byId.name()).isEqualTo(topic);
        assertThat(byId.partitions()).hasSize(2);
    }

    @Test
    void topicsAreDeletedByNameAndById() throws Exception {
        String other = Fresh.name("other");
        Uuid id =
                admin.createTopics(List.of(new NewTopic(topic, 1, (short) 1))).topicId(topic).get();
        create(new NewTopic(other, 1, (short) 1)).get();

        admin.deleteTopics(TopicCollection.ofTopicIds(List.of(id))).all().get();
        admin.deleteTopics(List.of(other)).all().get();

        await().untilAsserted(() ->
                assertThat(admin.listTopics().names().get()).doesNotContain(topic, other));
        assertFails(
                admin.deleteTopics(List.of(other)).all(), UnknownTopicOrPartitionException.class);
    }

    // S70 as settled in section 18, item 14
    @Test
    void partitionsAreAddedAndNeverTaken() throws Exception {
        create(new NewTopic(topic, 2, (short) 1)).get();

        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(4))).all().get();

        assertThat(describe().partitions()).hasSize(4);
        assertFails(
                admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all(),
                InvalidPartitionsException.class);
    }

    // S63: the tool looks first, and so never gets to what it was asked to add
    @Test
    void aclsAreNeitherAddedNorRemovedNorShown() {
        AclBinding acl =
                new AclBinding(
                        new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
                        new AccessControlEntry(
                                "User:alice", "*", AclOperation.READ, AclPermissionType.ALLOW));

        assertAclsAreRefused(admin.createAcls(List.of(acl)).all());
        assertAclsAreRefused(admin.deleteAcls(List.of(acl.toFilter())).all());
        assertAclsAreRefused(admin.describeAcls(acl.toFilter()).values());
    }

    /** Kafka without an authorizer has the second error. */
    private static void assertAclsAreRefused(KafkaFuture<?> future) {
        assertThatThrownBy(future::get)
                .cause()
                .isInstanceOfAny(
                        UnsupportedVersionException.class, SecurityDisabledException.class);
    }

    // S71: advice, no limit
    @Test
    void aTopicMayHaveMoreThanAHundredPartitions() throws Exception {
        create(new NewTopic(topic, 250, (short) 1)).get();

        assertThat(describe().partitions()).hasSize(250);
    }

    @Test
    void settingsAreSetAppendedAndTakenBack() throws Exception {
        create(new NewTopic(topic, 1, (short) 1)).get();

        alter(AlterConfigOp.OpType.SET, "cleanup.policy", "delete");
        alter(AlterConfigOp.OpType.APPEND, "cleanup.policy", "compact");
        assertThat(entry("cleanup.policy").value()).isEqualTo("delete,compact");
        assertThat(entry("cleanup.policy").source())
                .isEqualTo(ConfigEntry.ConfigSource.DYNAMIC_TOPIC_CONFIG);

        alter(AlterConfigOp.OpType.SUBTRACT, "cleanup.policy", "delete");
        assertThat(entry("cleanup.policy").value()).isEqualTo("compact");

        alter(AlterConfigOp.OpType.DELETE, "cleanup.policy", "");
        assertThat(entry("cleanup.policy").value()).isEqualTo("delete");
        assertThat(entry("cleanup.policy").isDefault()).isTrue();
    }

    @Test
    void aBadValueChangesNothing() throws Exception {
        create(new NewTopic(topic, 1, (short) 1)).get();

        assertFails(
                alteration(AlterConfigOp.OpType.SET, "segment.bytes", "many"),
                InvalidConfigurationException.class);

        assertThat(entry("segment.bytes").value()).isEqualTo("1073741824");
    }

    @Test
    void theClusterTellsItsNodesAndController() throws Exception {
        DescribeClusterResult cluster = admin.describeCluster();

        Collection<Node> nodes = cluster.nodes().get();

        assertThat(nodes).isNotEmpty();
        assertThat(nodes).contains(cluster.controller().get());
        assertThat(cluster.clusterId().get()).hasSize(22);
    }

    @Test
    void theQuorumTellsLeaderAndVoters() throws Exception {
        QuorumInfo quorum = admin.describeMetadataQuorum().quorumInfo().get();

        assertThat(quorum.voters())
                .extracting(QuorumInfo.ReplicaState::replicaId)
                .contains(quorum.leaderId());
        assertThat(quorum.leaderEpoch()).isPositive();
        assertThat(quorum.highWatermark()).isPositive();
    }

    @Test
    void offsetsAreListedForEverySpec() throws Exception {
        clients.createTopic(topic, 1);
        clients.fill(topic, 6);

        assertThat(offset(OffsetSpec.earliest())).isZero();
        assertThat(offset(OffsetSpec.latest())).isEqualTo(6);
        assertThat(offset(OffsetSpec.forTimestamp(0))).isZero();
        assertThat(offset(OffsetSpec.forTimestamp(Long.MAX_VALUE / 4))).isEqualTo(-1);
        assertThat(offset(OffsetSpec.maxTimestamp())).isBetween(0L, 5L);
        assertThat(offset(OffsetSpec.earliestLocal())).isZero();
        assertThat(offset(OffsetSpec.latestTiered())).isEqualTo(-1);
    }

    @Test
    void recordsBeforeAnOffsetAreDeleted() throws Exception {
        clients.createTopic(topic, 1);
        clients.fill(topic, 8);

        admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(5))).all().get();

        assertThat(offset(OffsetSpec.earliest())).isEqualTo(5);
        assertThat(clients.readAll(partition, 3)).hasSize(3).first().matches(r -> r.offset() == 5);
    }

    @Test
    void producersThatWriteToAPartitionAreShown() throws Exception {
        clients.createTopic(topic, 1);
        clients.fill(topic, 4, "enable.idempotence", "true");

        List<ProducerState> producers =
                admin.describeProducers(List.of(partition))
                        .partitionResult(partition)
                        .get()
                        .activeProducers();

        assertThat(producers).singleElement().matches(producer -> producer.lastSequence() == 3);
    }

    @Test
    void logDirectoriesShowSizesAndRoom() throws Exception {
        clients.createTopic(topic, 1);
        clients.fill(topic, 100);
        int broker = describe().partitions().getFirst().leader().id();

        var directories = admin.describeLogDirs(Set.of(broker)).allDescriptions().get().get(broker);

        assertThat(directories).hasSize(1);
        var directory = directories.values().iterator().next();
        assertThat(directory.replicaInfos().get(partition).size()).isPositive();
        assertThat(directory.totalBytes().getAsLong()).isPositive();
        assertThat(directory.usableBytes().getAsLong()).isPositive();
    }

    @Test
    void thePreferredLeaderNeedsNoElection() throws Exception {
        clients.createTopic(topic, 1);

        Map<TopicPartition, Optional<Throwable>> outcome =
                admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).partitions().get();

        assertThat(outcome.get(partition)).containsInstanceOf(ElectionNotNeededException.class);
    }

    @Test
    void aPartitionCanBeAssignedToWhereItIs() throws Exception {
        clients.createTopic(topic, 1);
        int broker = describe().partitions().getFirst().leader().id();

        admin.alterPartitionReassignments(
                        Map.of(
                                partition,
                                Optional.of(new NewPartitionReassignment(List.of(broker)))))
                .all()
                .get();

        assertThat(admin.listPartitionReassignments().reassignments().get()).isEmpty();
    }

    @Test
    void theSettingsOfABrokerAreListed() throws Exception {
        clients.createTopic(topic, 1);
        int id = describe().partitions().getFirst().leader().id();
        ConfigResource broker =
                new ConfigResource(ConfigResource.Type.BROKER, Integer.toString(id));

        Config config = admin.describeConfigs(List.of(broker)).all().get().get(broker);

        assertThat(config.get("message.max.bytes").value()).matches("\\d+");
        assertThat(config.get("log.retention.hours").value()).isEqualTo("168");
        assertThat(config.get("num.partitions").value()).isEqualTo("1");
    }

    @Test
    void aDeletedTopicTakesNothingWithItWhenItComesBack() throws Exception {
        clients.createTopic(topic, 1);
        clients.fill(topic, 5);
        admin.deleteTopics(List.of(topic)).all().get();

        clients.createTopic(topic, 1);

        assertThat(offset(OffsetSpec.latest())).isZero();
    }

    private KafkaFuture<Void> create(NewTopic wanted) {
        return admin.createTopics(List.of(wanted)).all();
    }

    private TopicDescription describe() throws InterruptedException, ExecutionException {
        return admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic);
    }

    private long offset(OffsetSpec spec) throws InterruptedException, ExecutionException {
        ListOffsetsResultInfo found =
                admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get();
        return found.offset();
    }

    private void alter(AlterConfigOp.OpType type, String name, String value)
            throws InterruptedException, ExecutionException {
        alteration(type, name, value).get();
    }

    private KafkaFuture<Void> alteration(AlterConfigOp.OpType type, String name, String value) {
        AlterConfigOp change = new AlterConfigOp(new ConfigEntry(name, value), type);
        return admin.incrementalAlterConfigs(Map.of(topicResource(), List.of(change))).all();
    }

    private ConfigEntry entry(String name) throws InterruptedException, ExecutionException {
        ConfigResource resource = topicResource();
        return admin.describeConfigs(List.of(resource)).all().get().get(resource).get(name);
    }

    private ConfigResource topicResource() {
        return new ConfigResource(ConfigResource.Type.TOPIC, topic);
    }

    private static void assertFails(KafkaFuture<?> future, Class<? extends Throwable> cause) {
        assertThatThrownBy(future::get).hasCauseInstanceOf(cause);
    }
}
