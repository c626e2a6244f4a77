package io.takhin.network;

import io.takhin.base.Clock;
import io.takhin.base.Threads;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectableChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One thread that serves many sockets: it waits until one of them is ready, a task has been posted
 * or a deadline has come, and runs what follows from it to completion.
 *
 * <p>Threads: {@link #execute}, {@link #isCurrent} and {@link #close} from any; everything else on
 * the loop's own thread.
 */
final class EventLoop implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(EventLoop.class);
    private static final int POSTED_AT_ONCE = 1000;
    private static final int RECEIVE_BUFFER_BYTES = 256 << 10;
    private static final int SEND_BUFFER_BYTES = 64 << 10;

    /** A channel's owner on this loop. */
    interface Attached {
        /** The channel can do some of what it was registered for. */
        void onReady(SelectionKey key);

        /** Closes the channel for good: the loop ends, or this owner has failed. */
        void abandon();
    }

    private final Clock clock;
    private final Selector selector;
    private final Queue<Runnable> posted = new ConcurrentLinkedQueue<>();

    /**
     * True while a wake-up would be wasted: the loop runs, or has one coming. Many posts cost one.
     */
    private final AtomicBoolean awake = new AtomicBoolean(true);

    private final DeadlineQueue deadlines = new DeadlineQueue();
    private final List<Connection> unflushed = new ArrayList<>();
    private final DirectBuffers buffers = new DirectBuffers();
    private final ByteBuffer receiveBuffer = ByteBuffer.allocateDirect(RECEIVE_BUFFER_BYTES);
    private final ByteBuffer sendBuffer = ByteBuffer.allocateDirect(SEND_BUFFER_BYTES);
    private final Thread thread;
    private boolean started;
    private volatile boolean closing;
    private volatile boolean ended;

    EventLoop(String name, Clock clock) throws IOException {
        this.clock = clock;
        this.selector = Selector.open();
        this.thread = Threads.factory(name).newThread(this::run);
    }

    void start() {
        started = true;
        thread.start();
    }

    boolean isCurrent() {
        return Thread.currentThread().equals(thread);
    }

    /** What is posted from now on runs inside the caller, for want of another place. */
    boolean hasEnded() {
        return ended;
    }

    /** Runs a task on the loop, never inside the caller. Tasks of one thread keep their order. */
    void execute(Runnable task) {
        posted.add(task);
        if (ended) {
            runPosted();
        } else if (!awake.get() && awake.compareAndSet(false, true)) {
            selector.wakeup();
        }
    }

    /** Runs a task on the loop and returns when it has run. */
    void executeAndWait(Runnable task) {
        if (isCurrent()) {
            task.run();
            return;
        }
        CompletableFuture<Void> done = new CompletableFuture<>();
        execute(() -> {
            runGuarded(task);
            done.complete(null);
        });
        done.join();
    }

    Deadline executeAfter(Duration delay, Runnable task) {
        if (ended) {
            return () -> {};
        }
        if (started && !isCurrent()) {
            throw new IllegalStateException("deadlines belong to their event loop");
        }
        return deadlines.add(clock.nanos() + delay.toNanos(), task);
    }

    /** Repeats a task until the loop ends, even if it fails now and then. */
    void executeEvery(Duration period, Runnable task) {
        Runnable again =
                () -> {
                    try {
                        task.run();
                    } finally {
                        executeEvery(period, task);
                    }
                };
        executeAfter(period, again);
    }

    SelectionKey register(SelectableChannel channel, int interest, Attached owner)
            throws IOException {
        return channel.register(selector, interest, owner);
    }

    /** A registered channel is closed in truth only when the selector has seen it. */
    void closeNow(SelectableChannel channel) throws IOException {
        channel.close();
        if (selector.isOpen()) {
            selector.selectNow(EventLoop::serve);
        }
    }

    /** What is attached to this loop and of this kind. */
    <T extends Attached> List<T> attached(Class<T> kind) {
        return selector.keys().stream()
                .map(SelectionKey::attachment)
                .filter(kind::isInstance)
                .map(kind::cast)
                .toList();
    }

    /** Flushes a connection once the tasks at hand have run, so that replies leave together. */
    void flushLater(Connection connection) {
        unflushed.add(connection);
    }

    /** For one read; its contents do not outlive the event. */
    ByteBuffer receiveBuffer() {
        return receiveBuffer.clear();
    }

    /** For one write; its contents do not outlive the event. */
    ByteBuffer sendBuffer() {
        return sendBuffer.clear();
    }

    DirectBuffers buffers() {
        return buffers;
    }

    Clock clock() {
        return clock;
    }

    /** Ends the loop and what is attached to it; waits until it has ended. */
    @Override
    public void close() {
        closing = true;
        execute(() -> {});
        if (isCurrent()) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        try {
            while (!closing) {
                waitForWork();
                runPosted();
                runDeadlines();
                flushReplies();
            }
        } catch (IOException e) {
            log.error("event loop cannot wait for its sockets any more", e);
        } finally {
            end();
        }
    }

    private void waitForWork() throws IOException {
        awake.set(false);
        long millis = millisToWait();
        if (millis > 0) {
            selector.select(EventLoop::serve, millis);
        } else {
            selector.selectNow(EventLoop::serve);
        }
        awake.set(true);
    }

    /** 0 means there is work already. Rounds up, so that a deadline is not polled for. */
    private long millisToWait() {
        if (!posted.isEmpty()) {
            return 0;
        }
        if (deadlines.isEmpty()) {
            return TimeUnit.MINUTES.toMillis(1);
        }
        long nanos = deadlines.nextDueNanos() - clock.nanos();
        return nanos <= 0 ? 0 : TimeUnit.NANOSECONDS.toMillis(nanos + 999_999);
    }

    private static void serve(SelectionKey key) {
        if (key.isValid()) {
            Attached owner = (Attached) key.attachment();
            if (!runGuarded(() -> owner.onReady(key))) {
                runGuarded(owner::abandon);
            }
        }
    }

    /** Not all, where tasks keep coming: sockets and deadlines have their turn in between. */
    private void runPosted() {
        int left = POSTED_AT_ONCE;
        for (Runnable task = posted.poll(); task != null; task = posted.poll()) {
            runGuarded(task);
            if (--left == 0) {
                return;
            }
        }
    }

    private void runDeadlines() {
        if (deadlines.isEmpty()) {
            return;
        }
        long now = clock.nanos();
        for (Runnable task = deadlines.pollDue(now); task != null; task = deadlines.pollDue(now)) {
            runGuarded(task);
        }
    }

    /** What fails here is a bug, and must not take the other connections with it. */
    @SuppressWarnings("CatchingUnchecked")
    private static boolean runGuarded(Runnable task) {
        try {
            task.run();
            return true;
        } catch (RuntimeException | Error e) {
            log.error("a task on an event loop failed", e);
            return false;
        }
    }

    private void flushReplies() {
        // Flushing may resume reading, which may answer and so add to the list.
        for (int i = 0; i < unflushed.size(); i++) {
            Connection connection = unflushed.get(i);
            if (!runGuarded(connection::flush)) {
                runGuarded(connection::abandon);
            }
        }
        unflushed.clear();
    }

    private void end() {
        attached(Attached.class).forEach(owner -> runGuarded(owner::abandon));
        ended = true;
        while (!posted.isEmpty()) {
            runPosted();
        }
        buffers.close();
        try {
            selector.close();
        } catch (IOException e) {
            log.warn("cannot close a selector", e);
        }
    }
}
