package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.StorageShortageException;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.raft.ElectionState;
import org.apache.kafka.raft.FileQuorumStateStore;
import org.apache.kafka.raft.ReplicaKey;
import org.apache.kafka.server.common.KRaftVersion;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VoteFileTest {
    private static final Set<Integer> VOTERS = Set.of(1, 2, 3);
    private static final List<ElectionState> STATES =
            List.of(
                    ElectionState.withUnknownLeader(7, VOTERS),
                    ElectionState.withVotedCandidate(
                            8, ReplicaKey.of(2, ReplicaKey.NO_DIRECTORY_ID), VOTERS),
                    ElectionState.withElectedLeader(9, 3, Optional.empty(), VOTERS));

    @TempDir Path directory;
    private VoteFile ours;
    private FileQuorumStateStore kafkas;

    @BeforeEach
    void open() {
        ours = new VoteFile(directory);
        kafkas = new FileQuorumStateStore(directory.resolve(VoteFile.NAME).toFile());
    }

    @Test
    void kafkaReadsWhatWeWrite() {
        for (ElectionState state : STATES) {
            ours.writeElectionState(state, KRaftVersion.KRAFT_VERSION_0);

            assertThat(kafkas.readElectionState()).contains(state);
        }
    }

    @Test
    void weReadWhatKafkaWrites() {
        for (ElectionState state : STATES) {
            kafkas.writeElectionState(state, KRaftVersion.KRAFT_VERSION_0);

            assertThat(ours.readElectionState()).contains(state);
        }
    }

    @Test
    void theDirectoryVotedForIsKept() {
        ElectionState state =
                ElectionState.withVotedCandidate(
                        8, ReplicaKey.of(2, Uuid.fromString("J8aAPcfLQt2bqs1JT_rMgQ")), Set.of());

        ours.writeElectionState(state, KRaftVersion.KRAFT_VERSION_1);

        assertThat(kafkas.readElectionState()).contains(state);
        assertThat(ours.readElectionState()).contains(state);
    }

    @Test
    void aCrashWhileWritingLeavesTheOldVote() throws Exception {
        ours.writeElectionState(STATES.getFirst(), KRaftVersion.KRAFT_VERSION_0);
        Files.writeString(directory.resolve(VoteFile.NAME + ".tmp"), "{\"leaderId\":");

        assertThat(new VoteFile(directory).readElectionState()).contains(STATES.getFirst());
        ours.writeElectionState(STATES.getLast(), KRaftVersion.KRAFT_VERSION_0);
        assertThat(ours.readElectionState()).contains(STATES.getLast());
    }

    @Test
    void aVoteThatFindsNoSpaceIsNotCastAndTheOldOneStays() {
        SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
        DiskRoom room = new DiskRoom(disk.root());
        VoteFile file = new VoteFile(disk.root(), room);
        file.writeElectionState(STATES.getFirst(), KRaftVersion.KRAFT_VERSION_0);
        disk.leaveFree(0);
        room.stop();

        assertThatThrownBy(() ->
                        file.writeElectionState(STATES.getLast(), KRaftVersion.KRAFT_VERSION_0))
                .isInstanceOf(StorageShortageException.class);

        assertThat(file.readElectionState()).contains(STATES.getFirst());
    }

    @Test
    void aVoteThatCannotBeSyncedIsNotCastAndTheOldOneStays() {
        SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
        VoteFile file = new VoteFile(disk.root());
        file.writeElectionState(STATES.getFirst(), KRaftVersion.KRAFT_VERSION_0);
        disk.failAfter(SimulatedDisk.Call.SYNC, 0);

        assertThatThrownBy(() ->
                        file.writeElectionState(STATES.getLast(), KRaftVersion.KRAFT_VERSION_0))
                .isInstanceOf(UncheckedIOException.class);

        assertThat(file.readElectionState()).contains(STATES.getFirst());
    }

    @Test
    void aVoteIsCastWithTheDescriptorsItFoundAtFirst() {
        SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
        VoteFile file = new VoteFile(disk.root());
        disk.gateSyncs(_ -> disk.leaveDescriptors(0));

        file.writeElectionState(STATES.getLast(), KRaftVersion.KRAFT_VERSION_0);

        disk.leaveDescriptors(Integer.MAX_VALUE);
        assertThat(file.readElectionState()).contains(STATES.getLast());
    }

    @Test
    void aVoteWaitsForDescriptors() {
        SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
        DiskRoom room = new DiskRoom(disk.root());
        VoteFile file = new VoteFile(disk.root(), room);
        disk.leaveDescriptors(1);
        room.onLack(() -> disk.leaveDescriptors(Integer.MAX_VALUE));

        file.writeElectionState(STATES.getLast(), KRaftVersion.KRAFT_VERSION_0);

        assertThat(disk.refusedOpenings()).isPositive();
        assertThat(file.readElectionState()).contains(STATES.getLast());
    }

    @Test
    void aDamagedVoteIsNotTakenForNone() throws Exception {
        Files.writeString(directory.resolve(VoteFile.NAME), "{\"data_version\":0}");

        assertThatThrownBy(ours::readElectionState).isInstanceOf(UncheckedIOException.class);
    }

    @Test
    void anyFlippedBitOfAVoteIsNoticed() throws Exception {
        Path file = directory.resolve(VoteFile.NAME);
        for (ElectionState state : STATES) {
            ours.writeElectionState(state, KRaftVersion.KRAFT_VERSION_0);
            byte[] written = Files.readAllBytes(file);
            for (int bit = 0; bit < written.length * 8; bit++) {
                byte[] damaged = written.clone();
                damaged[bit / 8] ^= (byte) (1 << bit % 8);
                Files.write(file, damaged);

                assertThat(stateOrRefusal()).as("bit %d", bit).isIn(state, "refused");
            }
        }
    }

    private Object stateOrRefusal() {
        try {
            return ours.readElectionState().orElseThrow();
        } catch (UncheckedIOException e) {
            return "refused";
        }
    }

    @Test
    void thereIsNoVoteAtFirst() {
        assertThat(ours.readElectionState()).isEmpty();
    }
}
