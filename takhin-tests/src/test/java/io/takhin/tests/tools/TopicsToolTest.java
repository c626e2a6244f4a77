package io.takhin.tests.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.KafkaTools;
import io.takhin.tests.harness.ToolRun;
import org.junit.jupiter.api.Test;

/** kafka-topics.sh. */
@BrokerTest
class TopicsToolTest {
    private final KafkaTools tools;
    private final String topic = Fresh.name("topic");

    TopicsToolTest(Broker broker) {
        this.tools = new KafkaTools(broker);
    }

    // S57
    @Test
    void createsATopicWithAReplicationFactor() {
        ToolRun created = create("--partitions", "3", "--replication-factor", "1").succeeded();

        assertThat(created.out()).contains("Created topic " + topic);
        assertThat(describe().out()).contains("PartitionCount: 3", "ReplicationFactor: 1");
    }

    // S57
    @Test
    void createsATopicWithoutAReplicationFactor() {
        create("--partitions", "2").succeeded();

        assertThat(describe().out()).contains("PartitionCount: 2", "ReplicationFactor: 1");
    }

    // S57
    @Test
    void createsATopicWithNothingButAName() {
        create().succeeded();

        assertThat(describe().out()).contains("PartitionCount: 1");
    }

    @Test
    void showsTheSettingsATopicWasCreatedWith() {
        create("--partitions", "1", "--config", "retention.ms=3600000").succeeded();

        assertThat(describe().out()).contains("retention.ms=3600000");
    }

    // S58, S59
    @Test
    void describesLeaderReplicasAndInSyncReplicasOfEachPartition() {
        create("--partitions", "2").succeeded();

        assertThat(describe().lines())
                .filteredOn(line -> line.contains("Partition: "))
                .hasSize(2)
                .allMatch(line -> line.matches(".*Leader: (\\d+)\\s+Replicas: \\1\\s+Isr: \\1.*"));
    }

    // S58
    @Test
    void listsWhatExists() {
        create().succeeded();

        assertThat(tools.topics("--list").succeeded().lines()).contains(topic);
    }

    // S58
    @Test
    void aDeletedTopicIsGone() {
        create().succeeded();

        tools.topics("--delete", "--topic", topic).succeeded();

        assertThat(tools.topics("--list").succeeded().lines()).doesNotContain(topic);
        assertThat(tools.topics("--describe", "--topic", topic).failed().all())
                .contains("does not exist");
    }

    @Test
    void aNameIsFreeAgainOnceItsTopicWasDeleted() {
        create("--partitions", "3").succeeded();
        tools.topics("--delete", "--topic", topic).succeeded();

        create("--partitions", "1").succeeded();

        assertThat(describe().out()).contains("PartitionCount: 1");
    }

    // S70 as settled in section 18, item 14
    @Test
    void addsPartitionsToATopic() {
        create("--partitions", "2").succeeded();

        tools.topics("--alter", "--topic", topic, "--partitions", "5").succeeded();

        assertThat(describe().out()).contains("PartitionCount: 5");
    }

    @Test
    void refusesToTakePartitionsAway() {
        create("--partitions", "3").succeeded();

        ToolRun fewer = tools.topics("--alter", "--topic", topic, "--partitions", "2").failed();

        assertThat(fewer.all()).contains("InvalidPartitionsException");
    }

    @Test
    void refusesASecondTopicOfTheSameName() {
        create().succeeded();

        ToolRun again = create().failed();

        assertThat(again.all()).contains("already exists");
        create("--if-not-exists").succeeded();
    }

    @Test
    void refusesASettingThatDoesNotExist() {
        ToolRun created = create("--config", "no.such.setting=1").failed();

        assertThat(created.all()).contains("no.such.setting");
    }

    @Test
    void placesReplicasWhereItIsTold() {
        String broker = leaderOfSomeTopic();

        create("--replica-assignment", broker + "," + broker).succeeded();

        assertThat(describe().out()).contains("PartitionCount: 2", "Replicas: " + broker);
    }

    @Test
    void countsNoPartitionAsUnderReplicated() {
        create("--partitions", "2").succeeded();

        ToolRun described =
                tools.topics("--describe", "--topic", topic, "--under-replicated-partitions");

        assertThat(described.succeeded().lines()).isEmpty();
    }

    private String leaderOfSomeTopic() {
        String other = Fresh.name("placed");
        tools.topics("--create", "--topic", other).succeeded();
        String described = tools.topics("--describe", "--topic", other).succeeded().out();
        return described.replaceAll("(?s).*Leader: (\\d+).*", "$1");
    }

    private ToolRun create(String... options) {
        String[] arguments = new String[options.length + 3];
        arguments[0] = "--create";
        arguments[1] = "--topic";
        arguments[2] = topic;
        System.arraycopy(options, 0, arguments, 3, options.length);
        return tools.topics(arguments);
    }

    private ToolRun describe() {
        return tools.topics("--describe", "--topic", topic).succeeded();
    }
}
