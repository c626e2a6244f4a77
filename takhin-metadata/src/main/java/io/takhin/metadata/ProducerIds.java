package io.takhin.metadata;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.errors.CoordinatorLoadInProgressException;
import org.apache.kafka.common.message.AllocateProducerIdsRequestData;
import org.apache.kafka.common.message.AllocateProducerIdsResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.jspecify.annotations.Nullable;

/**
 * Hands out producer ids, no id twice in the life of the cluster: the controller gives this broker
 * a block at a time, and the next block is fetched before the last one is used up.
 *
 * <p>Threads: any; nobody waits.
 */
public final class ProducerIds {
    private static final short VERSION = 0;
    private static final int TIMEOUT_MILLIS = 5000;

    private final int nodeId;
    private final Quorum quorum;
    private final Membership membership;
    private final Quorum.Caller self;

    // Guarded by the lock.
    private final ReentrantLock lock = new ReentrantLock();
    private final Queue<CompletableFuture<Long>> waiting = new ArrayDeque<>();
    private Block current = new Block(0, 0);
    private @Nullable Block following;
    private boolean asking;

    ProducerIds(int nodeId, Quorum quorum, Membership membership) {
        this.nodeId = nodeId;
        this.quorum = quorum;
        this.membership = membership;
        this.self = new Quorum.Caller(KafkaPrincipal.ANONYMOUS, "broker-" + nodeId, "");
    }

    /** Half-open: from {@code next} up to and without {@code end}. */
    private record Block(long next, long end) {
        boolean isEmpty() {
            return next >= end;
        }

        Block afterOne() {
            return new Block(next + 1, end);
        }
    }

    /**
     * An id nobody else has. Fails with {@link CoordinatorLoadInProgressException}, which clients
     * answer by trying again, when the controller cannot give a block now.
     */
    public CompletableFuture<Long> next() {
        boolean ask;
        CompletableFuture<Long> id;
        lock.lock();
        try {
            id = take();
            ask = !asking && following == null && lowOrWaiting();
            asking |= ask;
        } finally {
            lock.unlock();
        }
        if (ask) {
            askForBlock();
        }
        return id;
    }

    private CompletableFuture<Long> take() {
        if (current.isEmpty() && following != null) {
            current = following;
            following = null;
        }
        if (current.isEmpty()) {
            CompletableFuture<Long> later = new CompletableFuture<>();
            waiting.add(later);
            return later;
        }
        long id = current.next();
        current = current.afterOne();
        return CompletableFuture.completedFuture(id);
    }

    /** The next block is wanted when nine tenths of this one are gone. */
    private boolean lowOrWaiting() {
        return current.end() - current.next() < 100 || !waiting.isEmpty();
    }

    private void askForBlock() {
        AllocateProducerIdsRequestData request =
                new AllocateProducerIdsRequestData()
                        .setBrokerId(nodeId)
                        .setBrokerEpoch(membership.epoch());
        var _ = quorum.ask(request, VERSION, self, TIMEOUT_MILLIS).whenComplete(this::settle);
    }

    private void settle(@Nullable ApiMessage answer, @Nullable Throwable error) {
        Queue<Runnable> completions = new ArrayDeque<>();
        boolean askAgain;
        lock.lock();
        try {
            asking = false;
            if (answer instanceof AllocateProducerIdsResponseData block
                    && block.errorCode() == Errors.NONE.code()) {
                following =
                        new Block(
                                block.producerIdStart(),
                                block.producerIdStart() + block.producerIdLen());
                serveWaiting(completions);
            } else {
                failWaiting(completions);
            }
            askAgain = !waiting.isEmpty();
            asking = askAgain;
        } finally {
            lock.unlock();
        }
        completions.forEach(Runnable::run);
        if (askAgain) {
            askForBlock();
        }
    }

    /** Completions run when the lock is free: they are other people's code. */
    private void serveWaiting(Queue<Runnable> completions) {
        if (current.isEmpty() && following != null) {
            current = following;
            following = null;
        }
        while (!waiting.isEmpty() && !current.isEmpty()) {
            CompletableFuture<Long> served = waiting.remove();
            long id = current.next();
            current = current.afterOne();
            completions.add(() -> served.complete(id));
        }
    }

    private void failWaiting(Queue<Runnable> completions) {
        while (!waiting.isEmpty()) {
            CompletableFuture<Long> failed = waiting.remove();
            completions.add(() ->
                    failed.completeExceptionally(
                            new CoordinatorLoadInProgressException(
                                    "no block of producer ids could be had yet")));
        }
    }
}
