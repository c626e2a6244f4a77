package io.takhin.tests.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.KafkaTools;
import io.takhin.tests.harness.ToolRun;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** kafka-consumer-groups.sh. */
@BrokerTest
class ConsumerGroupsToolTest {
    private final KafkaTools tools;
    private final JavaClients clients;
    private final String topic = Fresh.name("lagging");
    private final String group = Fresh.name("group");
    private final TopicPartition partition = new TopicPartition(topic, 0);

    ConsumerGroupsToolTest(Broker broker) {
        this.tools = new KafkaTools(broker);
        this.clients = new JavaClients(broker);
    }

    @BeforeEach
    void aGroupThatReadThreeOfTen() throws Exception {
        clients.createTopic(topic, 1);
        clients.fill(topic, 10);
        try (Consumer<String, String> consumer = clients.consumer("group.id", group)) {
            consumer.commitSync(Map.of(partition, new OffsetAndMetadata(3)));
        }
    }

    // S62
    @Test
    void listsTheGroup() {
        assertThat(tools.consumerGroups("--list").succeeded().lines()).contains(group);
    }

    @Test
    void listsGroupsByTypeAndState() {
        assertThat(tools.groups("--list").succeeded().out()).containsPattern(group + "\\s+Classic");
        assertThat(tools.consumerGroups("--list", "--state").succeeded().out())
                .containsPattern(group + "\\s+Empty");
    }

    // S62
    @Test
    void describesOffsetsAndLag() {
        ToolRun described = tools.consumerGroups("--describe", "--group", group).succeeded();

        assertThat(described.out()).containsPattern(topic + "\\s+0\\s+3\\s+10\\s+7");
    }

    // S62
    @Test
    void describesTheMembersOfAnActiveGroup() {
        try (Consumer<String, String> consumer =
                clients.consumer("group.id", group, "client.id", "the-member")) {
            consumer.subscribe(List.of(topic));
            while (consumer.assignment().isEmpty()) {
                consumer.poll(Duration.ofMillis(100));
            }

            ToolRun members =
                    tools.consumerGroups("--describe", "--group", group, "--members").succeeded();

            assertThat(members.out()).contains("the-member");
            assertThat(
                            tools.consumerGroups("--describe", "--group", group, "--state")
                                    .succeeded()
                                    .out())
                    .contains("Stable");
        }
    }

    // S62
    @Test
    void aDryRunShowsTheNewOffsetsAndChangesNothing() {
        ToolRun dry =
                tools.consumerGroups(
                        "--reset-offsets", "--group", group, "--topic", topic, "--to-earliest");

        assertThat(dry.succeeded().out()).containsPattern(topic + "\\s+0\\s+0");
        assertThat(committed()).isEqualTo(3);
    }

    // S62
    @Test
    void anExecutedResetMovesTheGroup() {
        reset("--to-earliest");
        assertThat(committed()).isZero();

        reset("--to-latest");
        assertThat(committed()).isEqualTo(10);

        reset("--shift-by", "-4");
        assertThat(committed()).isEqualTo(6);

        reset("--to-datetime", "2020-01-01T00:00:00.000");
        assertThat(committed()).isZero();
    }

    @Test
    void offsetsOfOneTopicCanBeForgotten() {
        tools.consumerGroups("--delete-offsets", "--group", group, "--topic", topic).succeeded();

        assertThat(committedIn(group)).isNull();
    }

    @Test
    void aDeletedGroupIsGone() {
        tools.consumerGroups("--delete", "--group", group).succeeded();

        assertThat(tools.consumerGroups("--list").succeeded().lines()).doesNotContain(group);
    }

    @Test
    void anUnknownGroupIsNotFound() {
        ToolRun described = tools.consumerGroups("--describe", "--group", Fresh.name("nobody"));

        assertThat(described.all()).contains("GroupIdNotFoundException");
    }

    private void reset(String... to) {
        String[] fixed = {"--reset-offsets", "--execute", "--group", group, "--topic", topic};
        String[] all = new String[fixed.length + to.length];
        System.arraycopy(fixed, 0, all, 0, fixed.length);
        System.arraycopy(to, 0, all, fixed.length, to.length);
        tools.consumerGroups(all).succeeded();
    }

    private long committed() {
        OffsetAndMetadata offset = committedIn(group);
        return offset == null ? -1 : offset.offset();
    }

    private @Nullable OffsetAndMetadata committedIn(String asked) {
        try (var admin = clients.admin()) {
            return admin.listConsumerGroupOffsets(asked)
                    .partitionsToOffsetAndMetadata()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .join()
                    .get(partition);
        }
    }
}
