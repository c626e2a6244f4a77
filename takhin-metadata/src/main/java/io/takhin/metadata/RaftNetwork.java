package io.takhin.metadata;

import io.takhin.base.Clock;
import io.takhin.network.EventLoops;
import io.takhin.network.Listener;
import io.takhin.network.ListenerSettings;
import io.takhin.network.NetworkSettings;
import io.takhin.network.TrafficObserver;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.raft.NetworkChannel;
import org.jspecify.annotations.Nullable;

/**
 * The Raft port and the links to the other voters, on an event loop of their own: traffic of
 * clients must not make a follower believe its leader dead. A node alone has none of it.
 */
final class RaftNetwork implements AutoCloseable {
    private static final String LISTENER_NAME = "raft";
    private static final int CONNECTIONS_MAX = 1000;

    private final MetadataSettings settings;
    private final @Nullable EventLoops loops;
    private final @Nullable Peers peers;
    private final AtomicBoolean closed = new AtomicBoolean();
    private @Nullable Listener listener;

    private RaftNetwork(
            MetadataSettings settings, @Nullable EventLoops loops, @Nullable Peers peers) {
        this.settings = settings;
        this.loops = loops;
        this.peers = peers;
    }

    static RaftNetwork open(MetadataSettings settings, Clock clock) throws IOException {
        if (settings.alone()) {
            return new RaftNetwork(settings, null, null);
        }
        EventLoops loops = EventLoops.start(NetworkSettings.defaults().withEventLoops(1), clock);
        return new RaftNetwork(settings, loops, new Peers(loops, settings.nodeId()));
    }

    NetworkChannel channel(VoteGuard guard) {
        return peers == null
                ? new NoPeers()
                : new RaftPeers(peers, guard, settings.timing().fetchTimeout());
    }

    RemoteController remoteController(KafkaTime time) {
        return peers == null
                ? RemoteController.NONE
                : new ForwardedCalls(peers, time, settings.voters());
    }

    /** Voters only: serves the port from now on. */
    void listen(RaftPort port) throws IOException {
        InetSocketAddress bind = settings.raftBind();
        if (loops != null && bind != null && settings.isVoter()) {
            listener =
                    Listener.open(
                            loops,
                            new ListenerSettings(LISTENER_NAME, bind, CONNECTIONS_MAX),
                            RaftPort.APIS,
                            port,
                            TrafficObserver.NONE);
        }
    }

    /** Where there are others, finds out whether this voter may vote. */
    void watch(VoteGuard guard, RaftNode raft) {
        if (peers != null) {
            guard.start(peers, raft);
        }
    }

    @Override
    public void close() {
        if (!closed.compareAndSet(false, true)) {
            return;
        }
        if (listener != null) {
            listener.close();
        }
        if (peers != null) {
            peers.close();
        }
        if (loops != null) {
            loops.close();
        }
    }
}
