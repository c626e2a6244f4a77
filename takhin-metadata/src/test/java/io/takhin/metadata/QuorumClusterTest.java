package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class QuorumClusterTest {
    @TempDir Path directory;

    // S98
    @Test
    void theFirstNodeWaitsAndTwoMakeACluster() throws Exception {
        try (QuorumOfThree quorum = new QuorumOfThree(directory)) {
            MetadataNode first = quorum.start(1);
            CompletableFuture<Void> unfenced = first.membership().ready();
            await().pollDelay(Duration.ofSeconds(2)).until(() -> true);
            assertThat(unfenced).isNotDone();

            quorum.start(2);

            unfenced.get(40, TimeUnit.SECONDS);
            assertThat(quorum.leaderAmong(List.of(1, 2))).isIn(1, 2);
            assertThat(quorum.faults()).isEmpty();
        }
    }

    @Test
    void aFollowerTakesRequestsForTheController() throws Exception {
        try (QuorumOfThree quorum = new QuorumOfThree(directory)) {
            quorum.startAll();
            int leader = quorum.leaderAmong(List.of(1, 2, 3));
            int follower = leader % 3 + 1;

            CreateTopicsResponseData answer =
                    quorum.ask(follower, topic("orders"), CreateTopicsResponseData.class);

            assertThat(answer.topics().find("orders").errorCode()).isZero();
            for (int id = 1; id <= 3; id++) {
                MetadataNode node = quorum.node(id);
                await().atMost(QuorumOfThree.PATIENCE)
                        .until(() -> node.view().topic("orders") != null);
            }
            assertThat(quorum.faults()).isEmpty();
        }
    }

    @Test
    void anotherLeaderIsElectedWhenTheLeaderIsGone() throws Exception {
        try (QuorumOfThree quorum = new QuorumOfThree(directory)) {
            quorum.startAll();
            int dead = quorum.leaderAmong(List.of(1, 2, 3));
            List<Integer> others = List.of(1, 2, 3).stream().filter(id -> id != dead).toList();

            quorum.cutOff(dead);

            int next = quorum.leaderAmong(others);
            CreateTopicsRequestData request = topic("after");
            request.topics().find("after").setReplicationFactor((short) 2);
            CreateTopicsResponseData answer =
                    quorum.ask(next, request, CreateTopicsResponseData.class);
            assertThat(answer.topics().find("after").errorCode()).isZero();
            await().atMost(QuorumOfThree.PATIENCE)
                    .until(() -> QuorumOfThree.alive(quorum.node(next)) == 2);
        }
    }

    @Test
    void allComeBackWithWhatTheyKnew() throws Exception {
        try (QuorumOfThree before = new QuorumOfThree(directory)) {
            before.startAll();
            before.ask(1, topic("orders"), CreateTopicsResponseData.class);
        }
        // Other ports, and so another name if it were not in the directories already.
        try (QuorumOfThree after = new QuorumOfThree(directory)) {
            after.startAll();

            assertThat(after.node(1).view().topic("orders")).isNotNull();
            assertThat(after.faults()).isEmpty();
        }
    }

    // S102
    @Test
    void aBrokerBeyondTheVotersFollowsAndRegisters() throws Exception {
        try (QuorumOfThree quorum = new QuorumOfThree(directory)) {
            quorum.startAll();
            quorum.ask(1, topic("orders"), CreateTopicsResponseData.class);

            MetadataNode fourth = quorum.start(4);
            fourth.membership().ready().get(40, TimeUnit.SECONDS);

            assertThat(fourth.quorum().status().role()).isEqualTo(Quorum.Role.OBSERVER);
            assertThat(fourth.view().topic("orders")).isNotNull();
            await().atMost(QuorumOfThree.PATIENCE)
                    .until(() -> QuorumOfThree.alive(quorum.node(1)) == 4);
        }
    }

    // Its vote and what is left of the others could make a leader that lacks what was committed.
    @Test
    void aVoterThatLostItsDiskDoesNotVoteBeforeItKnowsWhatWasCommitted() throws Exception {
        try (QuorumOfThree quorum = new QuorumOfThree(directory)) {
            quorum.startAll();
            quorum.ask(1, topic("orders"), CreateTopicsResponseData.class);
            int leader = quorum.leaderAmong(List.of(1, 2, 3));
            int emptied = leader % 3 + 1;
            quorum.stop(emptied);
            quorum.cutOff(leader);
            quorum.loseDisk(emptied);

            MetadataNode back = quorum.start(emptied);

            await().during(Duration.ofSeconds(3))
                    .atMost(QuorumOfThree.PATIENCE)
                    .until(() -> back.quorum().status().leaderId().orElse(leader) == leader);
            assertThat(quorum.withholdsVotes(emptied)).isTrue();
            quorum.stop(leader);
            quorum.start(leader);
            await().atMost(QuorumOfThree.PATIENCE).until(() -> back.view().topic("orders") != null);
            await().atMost(QuorumOfThree.PATIENCE).until(() -> !quorum.withholdsVotes(emptied));
            assertThat(quorum.faults()).isEmpty();
        }
    }

    @Test
    void aVoterWhoseMetadataIsDamagedGetsItFromTheOthersOnceItIsDeleted() throws Exception {
        try (QuorumOfThree quorum = new QuorumOfThree(directory)) {
            quorum.startAll();
            quorum.ask(1, topic("orders"), CreateTopicsResponseData.class);
            int damaged = quorum.leaderAmong(List.of(1, 2, 3)) % 3 + 1;
            quorum.stop(damaged);
            Path log = quorum.metadataOf(damaged).resolve("00000000000000000000.log");
            byte[] bytes = Files.readAllBytes(log);
            bytes[bytes.length / 2] ^= 1;
            Files.write(log, bytes);
            Files.createDirectories(quorum.metadataOf(damaged).resolveSibling("orders-0"));

            assertThatThrownBy(() -> quorum.start(damaged))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(log + " is damaged at position ")
                    .hasMessageContaining("Delete the directory " + quorum.metadataOf(damaged));
            assertThat(log).hasBinaryContent(bytes);

            quorum.loseMetadata(damaged);
            MetadataNode back = quorum.start(damaged);

            assertThat(quorum.withholdsVotes(damaged)).isTrue();
            await().atMost(QuorumOfThree.PATIENCE).until(() -> back.view().topic("orders") != null);
            await().atMost(QuorumOfThree.PATIENCE).until(() -> !quorum.withholdsVotes(damaged));
            assertThat(quorum.faults()).isEmpty();
        }
    }

    @Test
    void featureLevelsCanBeChangedBecauseEveryVoterHasRegistered() throws Exception {
        try (QuorumOfThree quorum = new QuorumOfThree(directory)) {
            quorum.startAll();

            await().atMost(QuorumOfThree.PATIENCE)
                    .untilAsserted(
                            () -> assertThat(lowerShareVersion(quorum)).isEqualTo(Errors.NONE));
        }
    }

    private static Errors lowerShareVersion(QuorumOfThree quorum) throws Exception {
        UpdateFeaturesRequestData request = new UpdateFeaturesRequestData().setTimeoutMs(10_000);
        request.featureUpdates()
                .add(
                        new UpdateFeaturesRequestData.FeatureUpdateKey()
                                .setFeature("share.version")
                                .setMaxVersionLevel((short) 0)
                                .setUpgradeType((byte) 2));
        return Errors.forCode(quorum.ask(2, request, UpdateFeaturesResponseData.class).errorCode());
    }

    private static CreateTopicsRequestData topic(String name) {
        CreateTopicsRequestData request = LoneNode.topic(name, 2);
        request.topics().find(name).setReplicationFactor((short) 3);
        return request;
    }
}
