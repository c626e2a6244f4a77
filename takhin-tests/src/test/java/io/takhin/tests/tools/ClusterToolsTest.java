package io.takhin.tests.tools;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.KafkaTools;
import io.takhin.tests.harness.ToolRun;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The tools that look at brokers rather than at topics, and the two that make load. */
@BrokerTest
class ClusterToolsTest {
    private final Broker broker;
    private final KafkaTools tools;

    ClusterToolsTest(Broker broker) {
        this.broker = broker;
        this.tools = new KafkaTools(broker);
    }

    // S56
    @Test
    void theBrokerNamesTheApisItServes() {
        ToolRun versions = tools.brokerApiVersions().succeeded();

        assertThat(versions.out())
                .contains(broker.bootstrap(), "Produce(0): 0 to ", "Fetch(1): ", "Metadata(3): ")
                .doesNotContain("ERROR");
    }

    // S63: not in this version, and so refused; nobody is to believe in a rule that is not applied
    @Test
    void anAclIsRefused() {
        ToolRun acls =
                tools.acls(
                        "--add",
                        "--allow-principal",
                        "User:alice",
                        "--operation",
                        "Read",
                        "--topic",
                        Fresh.name("guarded"));

        assertThat(acls.all()).containsPattern("UnsupportedVersion|SecurityDisabled");
        assertThat(acls.out()).doesNotContain("Adding ACLs");
    }

    @Test
    void theQuorumHasALeader() {
        ToolRun status = tools.metadataQuorum("describe", "--status").succeeded();

        assertThat(status.out())
                .containsPattern("ClusterId:\\s+\\S+")
                .containsPattern("LeaderId:\\s+\\d+")
                .containsPattern("CurrentVoters:\\s+\\[.+]");
    }

    @Test
    void theLeaderOfTheQuorumDoesNotLag() {
        ToolRun replication = tools.metadataQuorum("describe", "--replication").succeeded();

        assertThat(replication.out()).containsPattern("\\d+\\s+\\S+\\s+\\d+\\s+0\\s+.*Leader");
    }

    @Test
    void partitionsAreFoundInTheLogDirectories() {
        String topic = Fresh.name("stored");
        tools.topics("--create", "--topic", topic, "--partitions", "2").succeeded();

        ToolRun dirs = tools.logDirs("--describe", "--topic-list", topic).succeeded();

        assertThat(dirs.out())
                .contains("\"partition\":\"" + topic + "-0\"", "\"partition\":\"" + topic + "-1\"");
    }

    @Test
    void theFeatureLevelsAreFinalized() {
        ToolRun features = tools.features("describe").succeeded();

        assertThat(features.out())
                .containsPattern("Feature: metadata.version.*FinalizedVersionLevel: 4\\.")
                .containsPattern("Feature: group.version.*FinalizedVersionLevel: 1");
    }

    @Test
    void thePreferredLeaderAlreadyLeads() {
        String topic = Fresh.name("elected");
        tools.topics("--create", "--topic", topic).succeeded();

        ToolRun election =
                tools.leaderElection(
                        "--election-type", "preferred", "--topic", topic, "--partition", "0");

        assertThat(election.succeeded().out()).contains("Valid replica already elected");
    }

    @Test
    void noPartitionMovesUnlessTold() {
        ToolRun moves = tools.reassignPartitions("--list").succeeded();

        assertThat(moves.out()).contains("No partition reassignments found.");
    }

    @Test
    void aPartitionThatStaysWhereItIsCountsAsMoved(@TempDir Path folder) throws Exception {
        String topic = Fresh.name("moved");
        tools.topics("--create", "--topic", topic).succeeded();
        String described = tools.topics("--describe", "--topic", topic).succeeded().out();
        String leader = described.replaceAll("(?s).*Leader: (\\d+).*", "$1");
        Path plan = folder.resolve("plan.json");
        Files.writeString(
                plan,
                """
                {"version": 1, "partitions": [{"topic": "%s", "partition": 0, "replicas": [%s]}]}
                """
                        .formatted(topic, leader));

        tools.reassignPartitions("--reassignment-json-file", plan.toString(), "--execute")
                .succeeded();

        ToolRun verified =
                tools.reassignPartitions("--reassignment-json-file", plan.toString(), "--verify");
        assertThat(verified.succeeded().out()).contains("is completed");
    }

    @Test
    void theLoadToolsGetTheirNumbers() {
        String topic = Fresh.name("load");
        tools.topics("--create", "--topic", topic, "--partitions", "2").succeeded();
        String[] load = {
            "--topic", topic, "--num-records", "20000", "--record-size", "200", "--throughput", "-1"
        };

        ToolRun produced = tools.producerPerfTest(load).succeeded();
        ToolRun consumed = tools.consumerPerfTest("--topic", topic, "--num-records", "20000");

        assertThat(produced.out()).contains("20000 records sent");
        assertThat(consumed.succeeded().lines().getLast()).contains(", 20000, ");
    }
}
