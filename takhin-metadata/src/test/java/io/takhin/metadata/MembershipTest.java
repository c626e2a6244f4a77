package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import io.takhin.metadata.MetadataSettings.BrokerEndpoint;
import io.takhin.metadata.MetadataSettings.Timing;
import io.takhin.metadata.MetadataSettings.Voter;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatResponseData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.BrokerRegistrationResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The test is the controller that the broker talks to. */
final class MembershipTest {
    private static final long EPOCH = 42;
    private static final long EARLIER_EPOCH = 7;
    private static final Uuid INCARNATION = Uuid.randomUuid();

    private final BlockingQueue<Asked> asked = new LinkedBlockingQueue<>();
    private final MetadataTimer timer = new MetadataTimer();
    private final KafkaTime time = new KafkaTime(Clock.SYSTEM);

    @AfterEach
    void stop() {
        timer.close();
    }

    @Test
    void itServesOnlyOnceItAskedAndTheControllerLetItIn() throws Exception {
        Membership membership = start(cluster());
        register();
        membership.onApplied(EPOCH);
        Asked behind = heartbeat();
        assertThat(behind.heartbeat().wantFence()).isTrue();
        CompletableFuture<Void> ready = membership.ready();
        behind.reply(new BrokerHeartbeatResponseData().setIsCaughtUp(true).setIsFenced(true));

        Asked refused = heartbeat();
        assertThat(refused.heartbeat().wantFence()).isFalse();
        assertThat(refused.heartbeat().currentMetadataOffset()).isEqualTo(EPOCH);
        refused.reply(new BrokerHeartbeatResponseData().setIsFenced(true));
        Asked granted = heartbeat();
        assertThat(ready).isNotDone();
        granted.reply(new BrokerHeartbeatResponseData().setIsFenced(false));

        ready.get(10, TimeUnit.SECONDS);
    }

    @Test
    void aControllerThatCannotBeAskedIsNotFlooded() throws Exception {
        start(cluster());
        for (int attempt = 0; attempt < 3; attempt++) {
            long failed = next().fail(new TimeoutException("no controller"));
            assertThat(peek().atNanos() - failed).isGreaterThan(Duration.ofMillis(95).toNanos());
        }
    }

    @Test
    void aBrokerTheControllerForgotRegistersAgainAsTheOneItWas() throws Exception {
        Membership membership = running();

        heartbeat()
                .reply(
                        new BrokerHeartbeatResponseData()
                                .setErrorCode(Errors.STALE_BROKER_EPOCH.code()));

        BrokerRegistrationRequestData again = (BrokerRegistrationRequestData) next().request();
        assertThat(again.previousBrokerEpoch()).isEqualTo(EPOCH);
        assertThat(again.incarnationId()).isEqualTo(INCARNATION);
        assertThat(membership.epoch()).isEqualTo(EPOCH);
    }

    @Test
    void theEpochOfTheLastCleanStopIsToldAtTheFirstRegistration() throws Exception {
        start(cluster());

        BrokerRegistrationRequestData first = (BrokerRegistrationRequestData) next().request();

        assertThat(first.previousBrokerEpoch()).isEqualTo(EARLIER_EPOCH);
    }

    @Test
    void aloneTheSessionOfTheDeadProcessEndsAtOnce() throws Exception {
        start(LoneNode.settings(Path.of("unused"), null, SettingRules.NONE));
        long before = time.nanoseconds();

        next().reply(
                        new BrokerRegistrationResponseData()
                                .setErrorCode(Errors.DUPLICATE_BROKER_REGISTRATION.code()));

        assertThat(next().request()).isInstanceOf(BrokerRegistrationRequestData.class);
        assertThat(time.nanoseconds() - before).isGreaterThan(Timing.alone().session().toNanos());
    }

    @Test
    void inAClusterTheSessionOfAnotherIncarnationIsWaitedFor() throws Exception {
        start(cluster());
        long before = time.nanoseconds();

        long refused =
                next().reply(
                                new BrokerRegistrationResponseData()
                                        .setErrorCode(Errors.DUPLICATE_BROKER_REGISTRATION.code()));

        Asked again = next();
        assertThat(again.request()).isInstanceOf(BrokerRegistrationRequestData.class);
        assertThat(again.atNanos() - refused).isGreaterThan(Duration.ofMillis(95).toNanos());
        assertThat(time.nanoseconds() - before).isLessThan(Duration.ofMinutes(5).toNanos());
    }

    @Test
    void aBrokerLeavesWhenTheControllerGrantsIt() throws Exception {
        Membership membership = running();

        CompletableFuture<Void> left = membership.leave(Duration.ofMinutes(1));
        Asked leaving = heartbeat();
        while (!leaving.heartbeat().wantShutDown()) {
            leaving.reply(new BrokerHeartbeatResponseData());
            leaving = heartbeat();
        }
        leaving.reply(new BrokerHeartbeatResponseData().setShouldShutDown(false));
        Asked again = heartbeat();
        assertThat(left).isNotDone();
        again.reply(new BrokerHeartbeatResponseData().setShouldShutDown(true));

        left.get(10, TimeUnit.SECONDS);
    }

    @Test
    void aBrokerLeavesWithoutAMajorityToo() throws Exception {
        Membership membership = running();

        membership.leave(Duration.ofMillis(50)).get(10, TimeUnit.SECONDS);
    }

    private Membership running() throws Exception {
        Membership membership = start(cluster());
        register();
        CompletableFuture<Void> ready = membership.ready();
        membership.onApplied(EPOCH);
        while (!ready.isDone()) {
            Asked heartbeat = heartbeat();
            boolean fenced = heartbeat.heartbeat().wantFence();
            heartbeat.reply(
                    new BrokerHeartbeatResponseData().setIsCaughtUp(true).setIsFenced(fenced));
            if (!fenced) {
                ready.get(10, TimeUnit.SECONDS);
            }
        }
        return membership;
    }

    private Membership start(MetadataSettings settings) {
        Registration registration =
                new Registration(
                        1,
                        "cluster",
                        INCARNATION,
                        Uuid.randomUuid(),
                        settings.broker(),
                        EARLIER_EPOCH);
        Membership membership =
                new Membership(
                        registration,
                        settings,
                        new Controller(),
                        new RaftNode.Surroundings(
                                time, timer, new Faults(_ -> {}), new DiskRoom(Path.of(""))));
        membership.start();
        return membership;
    }

    private void register() throws InterruptedException {
        Asked registration = next();
        assertThat(registration.request()).isInstanceOf(BrokerRegistrationRequestData.class);
        registration.reply(new BrokerRegistrationResponseData().setBrokerEpoch(EPOCH));
    }

    private Asked heartbeat() throws InterruptedException {
        Asked heartbeat = next();
        assertThat(heartbeat.heartbeat().brokerEpoch()).isEqualTo(EPOCH);
        return heartbeat;
    }

    private Asked next() throws InterruptedException {
        Asked next = asked.poll(10, TimeUnit.SECONDS);
        assertThat(next).isNotNull();
        return next;
    }

    /** The next question, which stays the next one. */
    private Asked peek() throws InterruptedException {
        Asked next = next();
        asked.add(next);
        return next;
    }

    private static MetadataSettings cluster() {
        return new MetadataSettings(
                1,
                null,
                Path.of("unused"),
                List.of(new Voter(1, "localhost", 7001), new Voter(2, "localhost", 7002)),
                new InetSocketAddress("localhost", 7001),
                new BrokerEndpoint("PLAINTEXT", "localhost", 9092, null),
                Timing.cluster(),
                Map.of(),
                SettingRules.NONE);
    }

    private record Asked(ApiMessage request, long atNanos, CompletableFuture<ApiMessage> answer) {
        BrokerHeartbeatRequestData heartbeat() {
            return (BrokerHeartbeatRequestData) request;
        }

        /** When it was answered, in nanoseconds of the JVM. */
        long reply(ApiMessage message) {
            long now = System.nanoTime();
            answer.complete(message);
            return now;
        }

        long fail(Exception error) {
            long now = System.nanoTime();
            answer.completeExceptionally(error);
            return now;
        }
    }

    private final class Controller implements Quorum {
        @Override
        public Status status() {
            return new Status(Role.FOLLOWER, OptionalInt.of(2), 1);
        }

        @Override
        public CompletableFuture<ApiMessage> ask(
                ApiMessage request, short version, Caller caller, int timeoutMillis) {
            Asked question = new Asked(request, System.nanoTime(), new CompletableFuture<>());
            asked.add(question);
            return question.answer();
        }

        @Override
        public CompletableFuture<Void> visible() {
            return CompletableFuture.completedFuture(null);
        }
    }
}
