package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.takhin.metadata.ClusterView.Topic;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResourceCollection;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfigCollection;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LoneNodeTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir Path directory;

    @Test
    void aTopicThatWasCreatedComesIntoTheView() throws Exception {
        try (LoneNode alone = LoneNode.start(directory)) {
            CreateTopicsResponseData answer =
                    alone.ask(LoneNode.topic("orders", 3), CreateTopicsResponseData.class);

            assertThat(answer.topics().find("orders").errorCode()).isZero();
            await().atMost(SOON).until(() -> alone.view().topic("orders") != null);
            assertThat(topic(alone, "orders").partitions())
                    .hasSize(3)
                    .allSatisfy(partition -> assertThat(partition.leader()).isEqualTo(1));
            assertThat(alone.faults()).isEmpty();
        }
    }

    @Test
    void aCleanRestartKeepsTheTopicsAndTheirLeader() throws Exception {
        long epoch;
        try (LoneNode before = LoneNode.start(directory)) {
            before.ask(LoneNode.topic("orders", 2), CreateTopicsResponseData.class);
            epoch = before.node().membership().epoch();
        }

        try (LoneNode after =
                LoneNode.start(LoneNode.settings(directory, null, SettingRules.NONE), epoch)) {
            await().atMost(SOON).until(() -> isLed(after, "orders"));
            assertThat(topic(after, "orders").partitions())
                    .allSatisfy(partition -> assertThat(partition.inSync()).containsExactly(1));
            assertThat(after.node().membership().epoch()).isGreaterThan(epoch);
        }
    }

    // After kill -9 the controller still counts on the earlier incarnation for a session.
    @Test
    void theSessionOfAKilledProcessDoesNotDelayTheNextOne(@TempDir Path copy) throws Exception {
        try (LoneNode killed = LoneNode.start(directory)) {
            killed.ask(LoneNode.topic("orders", 2), CreateTopicsResponseData.class);
            copyTree(directory, copy);
        }

        long from = System.nanoTime();
        try (LoneNode after = LoneNode.start(copy)) {
            await().atMost(SOON).until(() -> isLed(after, "orders"));
            Duration took = Duration.ofNanos(System.nanoTime() - from);

            assertThat(took).isLessThan(MetadataSettings.Timing.alone().session());
            assertThat(after.faults()).isEmpty();
        }
    }

    @Test
    void aDirectoryOfAnotherNodeIsRefused() throws Exception {
        Files.writeString(
                directory.resolve("meta.properties"),
                "version=1\ncluster.id=there\nnode.id=7\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAg\n");

        assertThatThrownBy(() -> LoneNode.start(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("belongs to node 7, and this is node 1");
    }

    @Test
    void aDirectoryOfAnotherClusterIsRefused() throws Exception {
        Files.writeString(
                directory.resolve("meta.properties"),
                "version=1\ncluster.id=there\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAg\n");

        MetadataSettings here = LoneNode.settings(directory, "here", SettingRules.NONE);

        assertThatThrownBy(() -> LoneNode.start(here, -1))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("belongs to cluster \"there\", and this is cluster \"here\"");
    }

    @Test
    void aDirectoryOfTheZooKeeperEraIsRefused() throws Exception {
        Files.writeString(
                directory.resolve("meta.properties"), "version=0\ncluster.id=there\nbroker.id=1\n");

        assertThatThrownBy(() -> LoneNode.start(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("Migrate that cluster to KRaft first");
    }

    @Test
    void aDirectoryWithoutItsOwnNameIsRefused() throws Exception {
        Files.writeString(
                directory.resolve("meta.properties"), "version=1\ncluster.id=there\nnode.id=1\n");

        assertThatThrownBy(() -> LoneNode.start(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("has no directory.id: start Apache Kafka 4.3 on it once");
    }

    // As Kafka wrote it, without a checksum.
    @Test
    void aDirectoryWhoseNameIsDamagedIsRefused() throws Exception {
        LoneNode.start(directory).close();
        Path meta = directory.resolve("meta.properties");
        String text = Files.readString(meta).replaceAll("# crc32c=.*\n", "");
        int at = text.indexOf("directory.id=") + "directory.id=".length();
        char other = text.charAt(at) == 'A' ? 'B' : 'A';
        Files.writeString(meta, text.substring(0, at) + other + text.substring(at + 1));

        try (LoneNode node = LoneNode.open(directory)) {
            await().atMost(SOON).until(() -> !node.faults().isEmpty());
            assertThat(node.faults().element())
                    .hasMessageContaining(meta + " is damaged: its directory.id");
        }
    }

    @Test
    void anIdentityThatWasChangedIsRefused() throws Exception {
        LoneNode.start(directory).close();
        Path meta = directory.resolve("meta.properties");
        Files.writeString(meta, Files.readString(meta).replace("cluster.id=", "cluster.id=x"));

        assertThatThrownBy(() -> LoneNode.start(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(meta + " is damaged")
                .hasMessageContaining("delete that line");
    }

    @Test
    void aMemberOfALargerQuorumDoesNotGoOnAlone() throws Exception {
        LoneNode.start(directory).close();
        Files.writeString(
                directory.resolve("__cluster_metadata-0/quorum-state"),
                """
                {"clusterId":"","leaderId":2,"leaderEpoch":4,"votedId":-1,"appliedOffset":0,\
                "currentVoters":[{"voterId":1},{"voterId":2},{"voterId":3}],"data_version":0}\
                """);

        assertThatThrownBy(() -> LoneNode.start(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("of the voters [1, 2, 3], and the configuration names [1]");
    }

    @Test
    void partitionsWithoutAMetadataLogAreNotTakenOver() throws Exception {
        Files.writeString(
                directory.resolve("meta.properties"),
                "version=1\ncluster.id=there\nnode.id=1\ndirectory.id=AAAAAAAAAAAAAAAAAAAAAg\n");
        Files.createDirectories(directory.resolve("orders-0"));

        assertThatThrownBy(() -> LoneNode.start(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("__cluster_metadata-0 is missing")
                .hasMessageContaining("one of several log.dirs");
    }

    @Test
    void partitionsWithoutAnOwnerAreNotTakenOver() throws Exception {
        Files.createDirectories(directory.resolve("orders-0"));

        assertThatThrownBy(() -> LoneNode.start(directory))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("meta.properties is missing");
    }

    @Test
    void aDeletedTopicLeavesTheView() throws Exception {
        try (LoneNode alone = LoneNode.start(directory)) {
            alone.ask(LoneNode.topic("orders", 1), CreateTopicsResponseData.class);
            DeleteTopicsRequestData request =
                    new DeleteTopicsRequestData()
                            .setTopics(
                                    List.of(
                                            new DeleteTopicState().setName("orders"),
                                            new DeleteTopicState().setName("nowhere")))
                            .setTimeoutMs(10_000);

            DeleteTopicsResponseData answer = alone.ask(request, DeleteTopicsResponseData.class);

            assertThat(answer.responses().find("orders").errorCode()).isZero();
            assertThat(answer.responses().find("nowhere").errorCode())
                    .isEqualTo(Errors.UNKNOWN_TOPIC_OR_PARTITION.code());
            await().atMost(SOON).until(() -> alone.view().topic("orders") == null);
        }
    }

    @Test
    void aNameThatIsAskedForTwiceIsRefusedAndTheOthersAreCreated() throws Exception {
        try (LoneNode alone = LoneNode.start(directory)) {
            var request = LoneNode.topic("twice", 1);
            request.topics().mustAdd(request.topics().find("twice").duplicate());
            request.topics().mustAdd(LoneNode.topic("once", 1).topics().find("once").duplicate());

            CreateTopicsResponseData answer = alone.ask(request, CreateTopicsResponseData.class);

            assertThat(answer.topics().find("twice").errorCode())
                    .isEqualTo(Errors.INVALID_REQUEST.code());
            assertThat(answer.topics().find("once").errorCode()).isZero();
        }
    }

    @Test
    void settingsAreCheckedByKafkasDefinitionAndByOurs() throws Exception {
        SettingRules ours =
                new SettingRules() {
                    @Override
                    public Set<String> ownTopicSettings() {
                        return Set.of("flush.policy");
                    }

                    @Override
                    public void check(ConfigResource resource, Map<String, String> settings) {
                        if ("never".equals(settings.get("flush.policy"))) {
                            throw new InvalidConfigurationException("never is no policy");
                        }
                    }
                };
        try (LoneNode alone = LoneNode.start(LoneNode.settings(directory, null, ours), -1)) {
            alone.ask(LoneNode.topic("orders", 1), CreateTopicsResponseData.class);

            assertThat(set(alone, "retention.ms", "5000")).isEqualTo(Errors.NONE);
            assertThat(set(alone, "retention.ms", "soon")).isEqualTo(Errors.INVALID_CONFIG);
            assertThat(set(alone, "no.such.thing", "1")).isEqualTo(Errors.INVALID_CONFIG);
            assertThat(set(alone, "flush.policy", "ack")).isEqualTo(Errors.NONE);
            assertThat(set(alone, "flush.policy", "never")).isEqualTo(Errors.INVALID_CONFIG);
            ConfigResource orders = new ConfigResource(ConfigResource.Type.TOPIC, "orders");
            await().atMost(SOON)
                    .until(() ->
                            alone.view()
                                    .overrides(orders)
                                    .equals(
                                            Map.of(
                                                    "retention.ms", "5000",
                                                    "flush.policy", "ack")));
        }
    }

    @Test
    void producerIdsAreNotGivenTwiceNorAfterARestart() throws Exception {
        long first;
        long second;
        try (LoneNode before = LoneNode.start(directory)) {
            first = before.node().producerIds().next().get();
            second = before.node().producerIds().next().get();
        }
        try (LoneNode after = LoneNode.start(directory)) {
            long third = after.node().producerIds().next().get();

            assertThat(List.of(first, second, third)).doesNotHaveDuplicates();
        }
    }

    @Test
    void theQuorumDescribesItself() throws Exception {
        try (LoneNode alone = LoneNode.start(directory)) {
            DescribeQuorumRequestData request =
                    new DescribeQuorumRequestData()
                            .setTopics(
                                    List.of(
                                            new DescribeQuorumRequestData.TopicData()
                                                    .setTopicName("__cluster_metadata")
                                                    .setPartitions(
                                                            List.of(
                                                                    new DescribeQuorumRequestData
                                                                            .PartitionData()))));

            DescribeQuorumResponseData answer =
                    alone.ask(request, DescribeQuorumResponseData.class);

            assertThat(answer.topics().getFirst().partitions().getFirst().leaderId()).isEqualTo(1);
            assertThat(alone.node().quorum().status().role()).isEqualTo(Quorum.Role.LEADER);
        }
    }

    @Test
    void listenersHearOfATopicBeforeTheViewHasIt() throws Exception {
        List<Boolean> known = new CopyOnWriteArrayList<>();
        MetadataSettings settings = LoneNode.settings(directory, null, SettingRules.NONE);
        try (LoneNode alone =
                LoneNode.start(
                        settings,
                        -1,
                        node ->
                                node.addListener((change, next) -> {
                                    if (next.topic("orders") != null) {
                                        known.add(node.view().topic("orders") != null);
                                    }
                                }))) {
            alone.ask(LoneNode.topic("orders", 1), CreateTopicsResponseData.class);

            await().atMost(SOON).until(() -> alone.view().topic("orders") != null);
            assertThat(known.getFirst()).isFalse();
        }
    }

    @Test
    void whoWaitsUntilItIsVisibleReadsWhatHeWrote() throws Exception {
        CountDownLatch heard = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        MetadataSettings settings = LoneNode.settings(directory, null, SettingRules.NONE);
        try (LoneNode alone =
                LoneNode.start(
                        settings,
                        -1,
                        node ->
                                node.addListener((_, next) -> {
                                    if (next.topic("orders") != null && goOn.getCount() > 0) {
                                        heard.countDown();
                                        assertThatCode(goOn::await).doesNotThrowAnyException();
                                    }
                                }))) {
            alone.ask(LoneNode.topic("orders", 1), CreateTopicsResponseData.class);
            assertThat(heard.await(10, TimeUnit.SECONDS)).isTrue();

            CompletableFuture<Void> visible = alone.node().quorum().visible();
            assertThat(visible).isNotDone();
            assertThat(alone.view().topic("orders")).isNull();

            goOn.countDown();
            visible.get(10, TimeUnit.SECONDS);
            assertThat(alone.view().topic("orders")).isNotNull();
        }
    }

    private static Errors set(LoneNode alone, String name, String value) throws Exception {
        AlterableConfigCollection settings = new AlterableConfigCollection();
        settings.add(
                new AlterableConfig()
                        .setName(name)
                        .setValue(value)
                        .setConfigOperation(OpType.SET.id()));
        AlterConfigsResourceCollection resources = new AlterConfigsResourceCollection();
        resources.add(
                new AlterConfigsResource()
                        .setResourceType(ConfigResource.Type.TOPIC.id())
                        .setResourceName("orders")
                        .setConfigs(settings));
        IncrementalAlterConfigsResponseData answer =
                alone.ask(
                        new IncrementalAlterConfigsRequestData().setResources(resources),
                        IncrementalAlterConfigsResponseData.class);
        return Errors.forCode(answer.responses().getFirst().errorCode());
    }

    private static Topic topic(LoneNode alone, String name) {
        Topic topic = alone.view().topic(name);
        assertThat(topic).isNotNull();
        return Objects.requireNonNull(topic);
    }

    private static boolean isLed(LoneNode alone, String name) {
        Topic topic = alone.view().topic(name);
        return topic != null
                && topic.partitions().stream().allMatch(partition -> partition.leader() == 1);
    }

    static void copyTree(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }
}
