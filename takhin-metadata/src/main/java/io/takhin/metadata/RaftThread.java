package io.takhin.metadata;

import io.takhin.base.Threads;
import io.takhin.log.StorageShortageException;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.raft.KafkaRaftClient;
import org.apache.kafka.server.fault.FaultHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives the Raft client until the node stops or the client meets what it cannot go on after. Then
 * nothing more is sent, written or counted; questions that wait for an answer get none.
 *
 * <p>Threads: started and stopped by the node's owner.
 */
final class RaftThread {
    private static final Logger log = LoggerFactory.getLogger(RaftThread.class);
    private static final int LEAVE_MILLIS = 5000;

    private final String name;
    private final KafkaRaftClient<?> client;
    private final FaultHandler fatal;
    private final DiskRoom room;
    private volatile boolean stopping;
    private @Nullable Thread thread;

    RaftThread(String name, KafkaRaftClient<?> client, FaultHandler fatal, DiskRoom room) {
        this.name = name;
        this.client = client;
        this.fatal = fatal;
        this.room = room;
    }

    void start() {
        thread = Threads.start(name, this::run);
    }

    private void run() {
        try {
            while (client.isRunning()) {
                client.poll();
            }
        } catch (Throwable e) { // whatever it is, somebody has to hear of it
            if (stopping && e instanceof StorageShortageException) {
                log.warn("stopped while the disk was full; what waited for space is not done");
            } else {
                var _ = fatal.handleFault("Raft cannot go on", e);
            }
        }
    }

    /** Leaves the quorum, for which a leader looks for a follower to lead: some seconds at most. */
    void stop() throws InterruptedException {
        stopping = true;
        room.stop();
        Thread running = thread;
        if (running != null && running.isAlive()) {
            CompletableFuture<Void> left = client.shutdown(LEAVE_MILLIS);
            running.join();
            if (left.isCompletedExceptionally()) {
                log.warn("the quorum was left without a word: no majority answered in time");
            }
        }
        client.close();
    }
}
