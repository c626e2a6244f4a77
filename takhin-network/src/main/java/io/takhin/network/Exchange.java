package io.takhin.network;

import io.takhin.protocol.Request;
import java.time.Duration;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * One request and the reply it is owed. Replies leave a connection in the order in which its
 * requests came, whatever the order in which they become ready.
 *
 * <p>Threads: exactly one of {@link #reply}, {@link #replyNothing} and {@link #disconnect} is
 * called, once, from any thread. Calls after the client has gone are harmless.
 */
public interface Exchange {
    Request request();

    Client client();

    /** Answers. Record regions in the message are released by the connection, sent or not. */
    void reply(ApiMessage response);

    /** The request is done and gets no answer: Produce with acks=0. */
    void replyNothing();

    /** Closes this one connection, with one log line. */
    void disconnect(String why);

    /**
     * Runs a task on the connection's event loop, where handlers run; for work that must not race
     * them. A task that throws closes the connection: its client would wait for an answer for ever.
     */
    void execute(Runnable task);

    /**
     * Runs a task that waits for the disk on a thread that may. What it finds out comes back by
     * {@link #execute}.
     */
    void executeAside(Runnable task);

    /**
     * Runs a task that takes long on a thread of its own; until it has ended, the client's next
     * requests are not handed out. To be called by the handler, on the loop. Where much waits like
     * that already, the task runs at once and in place, and so everybody slows down.
     *
     * @param bytes of memory that the task holds
     */
    void runAside(int bytes, Runnable task);

    /**
     * Runs a task on the connection's event loop after some time, unless cancelled before. To be
     * called on that loop, where handlers run: the way to bound a wait.
     */
    Deadline executeAfter(Duration delay, Runnable task);
}
