package io.takhin.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The group protocol of KIP-62 and before: join, sync, heartbeat, leave. */
class ClassicGroupTest {
    private static final Duration SESSION = Duration.ofSeconds(10);

    private static final Duration DELAY = Duration.ofMillis(100);

    private final Groups groups = Groups.serving("orders", 4);

    @AfterEach
    void stop() {
        groups.close();
    }

    @Test
    void aLoneMemberIsAssignedAfterAMoment() { // S67
        Member alice = new Member(groups, "g");
        CompletableFuture<JoinGroupResponseData> waiting = alice.join();
        awaitHandled(alice);

        groups.timer.advance(DELAY);
        JoinGroupResponseData joined = alice.joined(waiting);
        SyncGroupResponseData synced = Groups.get(alice.sync(Map.of(alice.id(), "orders 0-3")));

        assertThat(joined.leader()).isEqualTo(alice.id());
        assertThat(new String(synced.assignment(), StandardCharsets.UTF_8)).isEqualTo("orders 0-3");
    }

    @Test
    void aNewGroupWaitsAMomentForMoreMembers() { // S67
        Member alice = new Member(groups, "g");
        CompletableFuture<JoinGroupResponseData> waiting = alice.join();
        awaitHandled(alice);

        groups.timer.advance(DELAY.minusMillis(1));
        awaitHandled(alice);

        assertThat(waiting).isNotDone();
    }

    /** What the member sent before, or the timer set off, comes first in the group's one thread. */
    private static void awaitHandled(Member member) {
        member.heartbeat();
    }

    @Test
    void membersThatComeTogetherStartInOneGeneration() { // S67
        Member alice = new Member(groups, "g");
        Member bob = new Member(groups, "g");
        CompletableFuture<JoinGroupResponseData> first = alice.join();
        CompletableFuture<JoinGroupResponseData> second = bob.join();

        alice.joined(first);
        bob.joined(second);

        assertThat(alice.generation()).isEqualTo(1);
        assertThat(bob.generation()).isEqualTo(1);
    }

    @Test
    void aMemberThatComesLaterMakesTheOthersJoinAgain() { // S68
        Member alice = stable("g");
        Member bob = new Member(groups, "g");
        CompletableFuture<JoinGroupResponseData> waiting = bob.join();

        Await.until("a rebalance", () -> alice.heartbeat() == Errors.REBALANCE_IN_PROGRESS);
        JoinGroupResponseData again = alice.joinNow();
        bob.joined(waiting);

        assertThat(again.members()).hasSize(2);
        assertThat(bob.generation()).isEqualTo(2);
        assertThat(alice.generation()).isEqualTo(2);
    }

    @Test
    void aMemberThatFallsSilentIsDroppedWhenItsSessionEnds() { // S67
        Member alice = stable("g");

        groups.timer.advance(SESSION.minusMillis(1));
        Errors justInTime = alice.heartbeat();
        groups.timer.advance(SESSION.plusMillis(1));
        Await.until("the session ends", () -> alice.heartbeat() == Errors.UNKNOWN_MEMBER_ID);

        assertThat(justInTime).isEqualTo(Errors.NONE);
    }

    @Test
    void aMemberThatLeavesIsGoneAtOnce() {
        Member alice = stable("g");

        Errors error = Errors.forCode(alice.leave().members().getFirst().errorCode());

        assertThat(error).isEqualTo(Errors.NONE);
        assertThat(alice.heartbeat()).isEqualTo(Errors.UNKNOWN_MEMBER_ID);
    }

    @Test
    void aStaticMemberComesBackWithoutARebalance() {
        Member before = new Member(groups, "g", "worker-1");
        before.joinNow();
        Groups.get(before.sync(Map.of(before.id(), "orders 0-3")));
        Member after = new Member(groups, "g", "worker-1");

        after.joinNow();
        SyncGroupResponseData synced = Groups.get(after.sync(Map.of()));

        assertThat(after.generation()).isEqualTo(before.generation());
        assertThat(new String(synced.assignment(), StandardCharsets.UTF_8)).isEqualTo("orders 0-3");
        assertThat(before.heartbeat()).isEqualTo(Errors.FENCED_INSTANCE_ID);
    }

    @Test
    void aSessionOutsideTheBoundsIsRefused() {
        GroupSettings strict =
                new GroupSettings(
                        1,
                        1 << 20,
                        Duration.ZERO,
                        Duration.ofSeconds(11),
                        Duration.ofSeconds(12),
                        Duration.ofDays(7),
                        Duration.ofSeconds(5));
        try (Groups strictGroups = Groups.serving(new MemoryLog(), strict, "orders", 1)) {
            Member alice = new Member(strictGroups, "g");

            JoinGroupResponseData refused = alice.joinNow();

            assertThat(refused.errorCode()).isEqualTo(Errors.INVALID_SESSION_TIMEOUT.code());
        }
    }

    @Test
    void aGroupLargerThanAWriteBufferIsStoredInOneBatch() {
        Member alice = new Member(groups, "g").withUserData(4 * LogWriter.BATCH_BYTES);
        alice.joinNow();

        SyncGroupResponseData synced = Groups.get(alice.sync(Map.of(alice.id(), "all")));

        assertThat(Errors.forCode(synced.errorCode())).isEqualTo(Errors.NONE);
        assertThat(groups.log.batches())
                .anySatisfy(batch ->
                        assertThat(batch.bytes().remaining())
                                .isGreaterThan(4 * LogWriter.BATCH_BYTES));
    }

    private Member stable(String group) {
        Member member = new Member(groups, group);
        member.joinNow();
        Groups.get(member.sync(Map.of(member.id(), "all")));
        return member;
    }
}
