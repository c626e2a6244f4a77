package io.takhin.metadata;

import io.takhin.metadata.MetadataSettings.Timing;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.BrokerHeartbeatRequestData;
import org.apache.kafka.common.message.BrokerHeartbeatResponseData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.BrokerRegistrationResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This broker's membership in the cluster: it registers, reports itself alive, asks to be let in
 * (unfenced) once it serves, and gives its leaderships away before it stops (KIP-631).
 *
 * <p>Threads: any may call; everything is decided on the metadata timer's thread, one request to
 * the controller at a time.
 */
public final class Membership {
    private static final Logger log = LoggerFactory.getLogger(Membership.class);
    private static final Duration SOON = Duration.ofMillis(10);
    // Faster retries without a quorum would only flood the controller that comes next.
    private static final Duration AFTER_FAILURE = Duration.ofMillis(100);
    // What is missing there takes its time; the controller's own node has said it.
    private static final Duration WHILE_DISK_IS_FULL = Duration.ofSeconds(1);
    // Registering after a crash may write a record for each partition this broker had.
    private static final Duration REGISTRATION_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration WHILE_LEAVING = Duration.ofMillis(50);
    private static final short REGISTRATION_VERSION = 4;
    private static final short HEARTBEAT_VERSION = 1;

    private final Registration registration;
    private final Timing timing;
    private final Quorum quorum;
    private final RaftNode.Surroundings surroundings;
    private final boolean alone;
    private final Quorum.Caller self;

    private final CompletableFuture<Void> caughtUp = new CompletableFuture<>();
    private final CompletableFuture<Void> unfenced = new CompletableFuture<>();
    private final CompletableFuture<Void> left = new CompletableFuture<>();
    private final Set<Uuid> offlineDirectories = new TreeSet<>();

    private volatile long epoch = -1;
    private volatile long appliedOffset = -1;
    private State state = State.OUTSIDE;
    private boolean ready;
    private boolean inFlight;
    private boolean again;
    private @Nullable Future<?> next;

    private enum State {
        OUTSIDE,
        UNREGISTERED,
        REGISTERED,
        RUNNING,
        LEAVING,
        LEFT
    }

    Membership(
            Registration registration,
            MetadataSettings settings,
            Quorum quorum,
            RaftNode.Surroundings surroundings) {
        this.registration = registration;
        this.timing = settings.timing();
        this.alone = settings.alone();
        this.quorum = quorum;
        this.surroundings = surroundings;
        this.self = new Quorum.Caller(KafkaPrincipal.ANONYMOUS, "broker-" + settings.nodeId(), "");
    }

    /** Nothing is sent before. */
    void start() {
        surroundings
                .timer()
                .execute(() -> {
                    if (state == State.OUTSIDE) {
                        state = State.UNREGISTERED;
                        communicate();
                    }
                });
    }

    /** The epoch the controller gave this incarnation of the broker; -1 before it registered. */
    public long epoch() {
        return epoch;
    }

    /** Done once this broker has seen its own registration and all metadata before it. */
    public CompletableFuture<Void> caughtUp() {
        return caughtUp.copy();
    }

    /** This broker can serve: ask to be unfenced. Done when clients may be sent here. */
    public CompletableFuture<Void> ready() {
        surroundings
                .timer()
                .execute(() -> {
                    ready = true;
                    communicateNow();
                });
        return unfenced.copy();
    }

    /** A log directory failed: the controller moves its leaderships elsewhere. */
    public void directoryOffline(Uuid directory) {
        surroundings
                .timer()
                .execute(() -> {
                    offlineDirectories.add(directory);
                    communicateNow();
                });
    }

    /**
     * Asks the controller to move this broker's leaderships away and stops reporting. Done when
     * that is granted, and after the timeout in any case.
     */
    CompletableFuture<Void> leave(Duration timeout) {
        MetadataTimer timer = surroundings.timer();
        timer.execute(() -> {
            if (state != State.RUNNING) {
                finishLeaving();
                return;
            }
            state = State.LEAVING;
            communicateNow();
            timer.after(timeout, this::giveUpLeaving);
        });
        return left;
    }

    /** The node is out of the quorum for good: nothing more is sent, and nobody waits for it. */
    void abandon(IOException why) {
        surroundings
                .timer()
                .execute(() -> {
                    if (next != null) {
                        next.cancel(false);
                    }
                    finishLeaving();
                    KafkaStorageException offline =
                            new KafkaStorageException("the disk of the metadata failed", why);
                    caughtUp.completeExceptionally(offline);
                    unfenced.completeExceptionally(offline);
                });
    }

    /** Metadata up to an offset is in the view; the broker may be caught up now. */
    void onApplied(long offset) {
        appliedOffset = offset;
        if (!caughtUp.isDone() && epoch >= 0 && offset >= epoch) {
            surroundings.timer().execute(this::communicateNow);
        }
    }

    private void communicateNow() {
        if (inFlight) {
            again = true;
            return;
        }
        communicate();
    }

    private void communicate() {
        if (state == State.OUTSIDE || state == State.LEFT) {
            return;
        }
        if (next != null) {
            next.cancel(false);
            next = null;
        }
        if (state == State.UNREGISTERED) {
            register();
        } else {
            heartbeat();
        }
    }

    private void communicateAfter(Duration delay) {
        if (again) {
            again = false;
            communicate();
            return;
        }
        next = surroundings.timer().after(delay, this::communicate);
    }

    private void register() {
        BrokerRegistrationRequestData request = registration.request(epoch);
        send(request, REGISTRATION_VERSION, REGISTRATION_TIMEOUT, this::onRegistration);
    }

    private void onRegistration(ApiMessage answer) {
        BrokerRegistrationResponseData response = (BrokerRegistrationResponseData) answer;
        onRegistered(response.brokerEpoch());
    }

    private void onRegistered(long newEpoch) {
        epoch = newEpoch;
        state = State.REGISTERED;
        log.info(
                "broker registered node={} epoch={} incarnation={}",
                registration.nodeId(),
                newEpoch,
                registration.incarnation());
        // A heartbeat is of use only when the view holds the registration; onApplied sends it then.
        communicateAfter(appliedOffset >= newEpoch ? Duration.ZERO : SOON);
    }

    private void heartbeat() {
        BrokerHeartbeatRequestData request =
                new BrokerHeartbeatRequestData()
                        .setBrokerId(registration.nodeId())
                        .setBrokerEpoch(epoch)
                        .setCurrentMetadataOffset(appliedOffset)
                        .setWantFence(!ready)
                        .setWantShutDown(state == State.LEAVING)
                        .setOfflineLogDirs(new ArrayList<>(offlineDirectories));
        // Several fit into a session: a controller that died without a word must not cost it.
        Duration timeout = Duration.ofMillis(timing.session().toMillis() / 3);
        send(request, HEARTBEAT_VERSION, timeout, this::onHeartbeat);
    }

    private void onHeartbeat(ApiMessage answer) {
        BrokerHeartbeatResponseData response = (BrokerHeartbeatResponseData) answer;
        if (response.isCaughtUp()) {
            caughtUp.complete(null);
        }
        switch (state) {
            case REGISTERED -> {
                if (ready && !response.isFenced()) {
                    state = State.RUNNING;
                    log.info("broker unfenced node={} epoch={}", registration.nodeId(), epoch);
                    unfenced.complete(null);
                }
                boolean starting = !caughtUp.isDone() || (ready && state != State.RUNNING);
                communicateAfter(starting ? SOON : timing.heartbeat());
            }
            case RUNNING -> communicateAfter(timing.heartbeat());
            case LEAVING -> {
                if (response.shouldShutDown()) {
                    finishLeaving();
                } else {
                    communicateAfter(WHILE_LEAVING);
                }
            }
            case OUTSIDE, UNREGISTERED, LEFT -> {}
        }
    }

    private void send(
            ApiMessage request, short version, Duration timeout, Consumer<ApiMessage> onAnswer) {
        inFlight = true;
        var _ =
                quorum.ask(request, version, self, Math.toIntExact(timeout.toMillis()))
                        .whenComplete((answer, error) ->
                                surroundings
                                        .timer()
                                        .execute(() -> settle(answer, error, onAnswer)));
    }

    private void settle(
            @Nullable ApiMessage answer, @Nullable Throwable error, Consumer<ApiMessage> onAnswer) {
        inFlight = false;
        if (state == State.LEFT) {
            return;
        }
        Errors code = answer == null ? Errors.forException(error) : errorIn(answer);
        if (answer != null && code == Errors.NONE) {
            onAnswer.accept(answer);
        } else {
            onRefusal(code, error);
        }
    }

    private static Errors errorIn(ApiMessage answer) {
        return switch (answer) {
            case BrokerRegistrationResponseData it -> Errors.forCode(it.errorCode());
            case BrokerHeartbeatResponseData it -> Errors.forCode(it.errorCode());
            default -> throw new IllegalStateException("not an answer for a broker: " + answer);
        };
    }

    private void onRefusal(Errors code, @Nullable Throwable error) {
        switch (code) {
            case STALE_BROKER_EPOCH, BROKER_ID_NOT_REGISTERED -> {
                log.warn(
                        "the controller does not know this broker any more, registering again node={} epoch={}",
                        registration.nodeId(),
                        epoch);
                state = state == State.LEAVING ? State.LEFT : State.UNREGISTERED;
                if (state == State.LEFT) {
                    finishLeaving();
                    return;
                }
                communicateAfter(AFTER_FAILURE);
            }
            case DUPLICATE_BROKER_REGISTRATION -> onOldSession();
            case KAFKA_STORAGE_ERROR -> {
                if (state == State.LEAVING) {
                    finishLeaving();
                } else {
                    communicateAfter(WHILE_DISK_IS_FULL);
                }
            }
            default -> {
                log.warn(
                        "the controller could not be told node={} error={} cause={}",
                        registration.nodeId(),
                        code,
                        error == null ? "" : error.getMessage());
                communicateAfter(AFTER_FAILURE);
            }
        }
    }

    /**
     * The controller still counts on an earlier incarnation of this broker. In a quorum of one that
     * incarnation is this directory's last process, and whoever holds the directory's lock knows it
     * dead: its session ends now. Elsewhere it could be another machine with the same id.
     */
    private void onOldSession() {
        if (alone) {
            surroundings.time().skip(timing.session().plusMillis(1));
            communicateAfter(Duration.ZERO);
            return;
        }
        log.info(
                "waiting for the session of the earlier incarnation to end node={}",
                registration.nodeId());
        communicateAfter(AFTER_FAILURE);
    }

    private void giveUpLeaving() {
        if (!left.isDone()) {
            log.warn(
                    "the controller did not grant the shutdown in time node={}",
                    registration.nodeId());
            finishLeaving();
        }
    }

    private void finishLeaving() {
        state = State.LEFT;
        left.complete(null);
    }
}
