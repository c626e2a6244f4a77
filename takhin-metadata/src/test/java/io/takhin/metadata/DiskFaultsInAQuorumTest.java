package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.takhin.testkit.disk.SimulatedDisk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** One disk of three fails, or is full: the two others are the quorum, and lose nothing. */
@Timeout(120)
class DiskFaultsInAQuorumTest {
    @TempDir Path copies;

    private final List<SimulatedDisk> disks = new ArrayList<>();
    private QuorumOfThree quorum;
    private int leader;
    private List<Integer> others;

    @BeforeEach
    void start() throws Exception {
        for (int id = 1; id <= 3; id++) {
            SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(id));
            disk.copyFilesTo(copies);
            disks.add(disk);
        }
        quorum = new QuorumOfThree(id -> disk(id).root());
        quorum.startAll();
        leader = quorum.leaderAmong(List.of(1, 2, 3));
        others = IntStream.rangeClosed(1, 3).filter(id -> id != leader).boxed().toList();
        assertThat(create(leader, "before")).isEqualTo(Errors.NONE);
    }

    @AfterEach
    void stop() {
        quorum.close();
    }

    private SimulatedDisk disk(int id) {
        return disks.get(id - 1);
    }

    private Errors create(int asked, String topic) throws Exception {
        CreateTopicsRequestData request = LoneNode.topic(topic, 1);
        return Errors.forCode(
                quorum.ask(asked, request, CreateTopicsResponseData.class)
                        .topics()
                        .find(topic)
                        .errorCode());
    }

    private void awaitSeen(int id, String topic) {
        await().atMost(QuorumOfThree.PATIENCE)
                .until(() -> quorum.node(id).view().topic(topic) != null);
    }

    private void awaitFencedByOthers(int id) {
        await().atMost(QuorumOfThree.PATIENCE)
                .until(() ->
                        IntStream.rangeClosed(1, 3)
                                .filter(other -> other != id)
                                .allMatch(other -> QuorumOfThree.alive(quorum.node(other)) == 2));
    }

    @Test
    void aLeaderWhoseDiskFailsIsReplaced() throws Exception {
        disk(leader).failAfter(SimulatedDisk.Call.SYNC, 0);
        assertThat(create(leader, "refused")).isEqualTo(Errors.KAFKA_STORAGE_ERROR);

        int next = quorum.leaderAmong(others);

        assertThat(create(next, "after")).isEqualTo(Errors.NONE);
        for (int id : others) {
            awaitSeen(id, "after");
            assertThat(quorum.node(id).view().topic("before")).isNotNull();
        }
        awaitFencedByOthers(leader);
        assertThat(quorum.role(leader)).isEqualTo(Quorum.Role.OFFLINE);
        assertThat(quorum.faults()).isEmpty();
        assertThat(quorum.diskFailures()).hasSize(1);
    }

    @Test
    void aFollowerWhoseDiskFailsIsFencedAndTheOthersGoOn() throws Exception {
        int failing = others.getFirst();
        disk(failing).failAfter(SimulatedDisk.Call.WRITE, 0);

        assertThat(create(leader, "after")).isEqualTo(Errors.NONE);

        awaitSeen(others.getLast(), "after");
        awaitFencedByOthers(failing);
        assertThat(quorum.role(failing)).isEqualTo(Quorum.Role.OFFLINE);
        assertThat(quorum.role(leader)).isEqualTo(Quorum.Role.LEADER);
        assertThat(quorum.faults()).isEmpty();
    }

    @Test
    void aLeaderWithoutSpaceIsReplacedAndFollowsOnceThereIsSome() throws Exception {
        disk(leader).leaveFree(0);
        assertThat(create(leader, "refused")).isEqualTo(Errors.KAFKA_STORAGE_ERROR);

        int next = quorum.leaderAmong(others);
        assertThat(create(next, "after")).isEqualTo(Errors.NONE);
        assertThat(quorum.node(leader).view().topic("after")).isNull();

        disk(leader).leaveFree(1 << 20);
        awaitSeen(leader, "after");
        await().atMost(QuorumOfThree.PATIENCE)
                .until(() -> QuorumOfThree.alive(quorum.node(next)) == 3);
        assertThat(quorum.node(next).view().topic("before")).isNotNull();
        assertThat(quorum.faults()).isEmpty();
        assertThat(quorum.diskFailures()).isEmpty();
    }
}
