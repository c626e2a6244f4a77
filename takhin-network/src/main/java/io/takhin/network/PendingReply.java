package io.takhin.network;

import io.takhin.protocol.Request;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.time.Duration;
import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;

/**
 * A request on its way: from its arrival until its answer has been written.
 *
 * <p>Threads: the answer may come from any; {@link #run} brings it to the connection's event loop,
 * where everything else happens.
 */
final class PendingReply implements Exchange, Runnable {
    private static final VarHandle ANSWERED = answeredHandle();

    private final Connection connection;
    private final Request request;
    private final int requestBytes;
    private final long arrivedNanos;

    @SuppressWarnings("UnusedVariable") // by ANSWERED
    private boolean answered;

    private @Nullable ApiMessage response;
    private boolean ready;

    PendingReply(Connection connection, Request request, int requestBytes, long arrivedNanos) {
        this.connection = connection;
        this.request = request;
        this.requestBytes = requestBytes;
        this.arrivedNanos = arrivedNanos;
    }

    @Override
    public Request request() {
        return request;
    }

    @Override
    public Client client() {
        return connection;
    }

    @Override
    public void reply(ApiMessage message) {
        answerOnce();
        response = message;
        comeBack();
    }

    @Override
    public void replyNothing() {
        answerOnce();
        comeBack();
    }

    @Override
    public void disconnect(String why) {
        answerOnce();
        if (connection.loop().isCurrent()) {
            connection.disconnect(why);
        } else {
            connection.loop().execute(() -> connection.disconnect(why));
        }
    }

    @Override
    public void execute(Runnable task) {
        connection.comeBack(task);
    }

    @Override
    public void executeAside(Runnable task) {
        connection.coldReads().execute(task);
    }

    @Override
    public void runAside(int bytes, Runnable task) {
        connection.runAside(bytes, task);
    }

    @Override
    public Deadline executeAfter(Duration delay, Runnable task) {
        return connection.loop().executeAfter(delay, connection.guarded(task));
    }

    /** The answer, back on the loop. */
    @Override
    public void run() {
        ready = true;
        connection.onReplyReady(this);
    }

    boolean isReady() {
        return ready;
    }

    /** Null: the client expects none. */
    @Nullable ApiMessage response() {
        return response;
    }

    int requestBytes() {
        return requestBytes;
    }

    long arrivedNanos() {
        return arrivedNanos;
    }

    private void comeBack() {
        if (connection.loop().isCurrent()) {
            run();
        } else {
            connection.loop().execute(this);
        }
    }

    private void answerOnce() {
        if ((boolean) ANSWERED.getAndSet(this, true)) {
            throw new IllegalStateException("answered twice: " + request.header());
        }
    }

    private static VarHandle answeredHandle() {
        try {
            return MethodHandles.lookup()
                    .findVarHandle(PendingReply.class, "answered", boolean.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }
}
