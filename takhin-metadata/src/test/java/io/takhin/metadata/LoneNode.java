package io.takhin.metadata;

import io.takhin.base.Clock;
import io.takhin.metadata.MetadataSettings.BrokerEndpoint;
import io.takhin.metadata.MetadataSettings.Timing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.jspecify.annotations.Nullable;

/** A node that is its own quorum, as tests want it. */
final class LoneNode implements AutoCloseable {
    static final Quorum.Caller CALLER = new Quorum.Caller(KafkaPrincipal.ANONYMOUS, "test", "");

    private final MetadataNode node;
    private final Queue<Throwable> faults = new ConcurrentLinkedQueue<>();
    private final Queue<IOException> diskFailures = new ConcurrentLinkedQueue<>();

    private LoneNode(MetadataSettings settings, long previousEpoch, Consumer<MetadataNode> before)
            throws IOException {
        node =
                MetadataNode.open(
                        settings, Clock.SYSTEM, previousEpoch, faults::add, diskFailures::add);
        before.accept(node);
        node.start();
    }

    /** Starts and waits until it would be shown to clients. */
    static LoneNode start(Path directory) throws Exception {
        return start(settings(directory, null, SettingRules.NONE), -1);
    }

    /** Starts and does not wait. */
    static LoneNode open(Path directory) throws Exception {
        return new LoneNode(settings(directory, null, SettingRules.NONE), -1, _ -> {});
    }

    static LoneNode start(MetadataSettings settings, long previousEpoch) throws Exception {
        return start(settings, previousEpoch, _ -> {});
    }

    static LoneNode start(
            MetadataSettings settings, long previousEpoch, Consumer<MetadataNode> before)
            throws Exception {
        LoneNode started = new LoneNode(settings, previousEpoch, before);
        started.node.membership().ready().get(20, TimeUnit.SECONDS);
        return started;
    }

    static MetadataSettings settings(
            Path directory, @Nullable String clusterId, SettingRules rules) {
        return new MetadataSettings(
                1,
                clusterId,
                directory,
                List.of(),
                null,
                new BrokerEndpoint("PLAINTEXT", "localhost", 9092, null),
                Timing.alone(),
                Map.of(),
                rules);
    }

    MetadataNode node() {
        return node;
    }

    ClusterView view() {
        return node.view();
    }

    Queue<Throwable> faults() {
        return faults;
    }

    Queue<IOException> diskFailures() {
        return diskFailures;
    }

    <T extends ApiMessage> T ask(ApiMessage request, Class<T> answer) throws Exception {
        short version = request.highestSupportedVersion();
        return answer.cast(
                node.quorum().ask(request, version, CALLER, 10_000).get(20, TimeUnit.SECONDS));
    }

    static CreateTopicsRequestData topic(String name, int partitions) {
        CreatableTopicCollection topics = new CreatableTopicCollection();
        topics.add(
                new CreatableTopic()
                        .setName(name)
                        .setNumPartitions(partitions)
                        .setReplicationFactor((short) 1));
        return new CreateTopicsRequestData().setTopics(topics).setTimeoutMs(10_000);
    }

    @Override
    public void close() {
        try {
            node.stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while stopping", e);
        }
    }
}
