package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Clock;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The thread that drives Raft meets what is nobody's fault but the program's. */
@Timeout(60)
final class RaftThreadTest {
    @TempDir Path directory;

    private final BlockingQueue<Throwable> fatal = new LinkedBlockingQueue<>();
    private final Faults faults = new Faults(fatal::add);
    private final MetadataTimer timer = new MetadataTimer();
    private RaftNode raft;

    @BeforeEach
    void openWithoutInitializing() throws Exception {
        MetadataSettings settings = LoneNode.settings(directory, null, SettingRules.NONE);
        DiskRoom room = new DiskRoom(directory);
        raft =
                new RaftNode(
                        settings,
                        StorageFormat.open(settings),
                        MetadataLog.open(
                                directory, Clock.SYSTEM, new MetadataLog.Disk(faults, room)),
                        new NoPeers(),
                        new RaftNode.Surroundings(
                                new KafkaTime(Clock.SYSTEM), timer, faults, room));
    }

    @AfterEach
    void stop() throws Exception {
        raft.stop();
        timer.close();
    }

    @Test
    void aFaultInRaftEndsTheProcessAndIsNoErrorOfTheDisk() throws Exception {
        // A client that has not read its log refuses to be driven.
        raft.start();

        assertThat(fatal.poll(20, TimeUnit.SECONDS))
                .hasMessageContaining("Raft cannot go on")
                .hasCauseInstanceOf(IllegalStateException.class);
        assertThat(faults.diskFailure()).isNull();
    }
}
