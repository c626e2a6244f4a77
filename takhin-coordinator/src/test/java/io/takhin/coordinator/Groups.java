package io.takhin.coordinator;

import io.takhin.testkit.ManualClock;
import java.net.InetAddress;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.metadata.ConfigRecord;
import org.apache.kafka.common.metadata.PartitionRecord;
import org.apache.kafka.common.metadata.RegisterBrokerRecord;
import org.apache.kafka.common.metadata.RemoveTopicRecord;
import org.apache.kafka.common.metadata.TopicRecord;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.MetadataProvenance;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/**
 * A broker's groups for tests: time by hand, logs in memory, the cluster's metadata as a list of
 * topics. The offsets topic has one partition unless a test says otherwise.
 */
final class Groups implements AutoCloseable {
    static final GroupSettings SETTINGS =
            new GroupSettings(
                    1,
                    1 << 20,
                    GroupSettings.DEFAULTS.initialRebalanceDelay(),
                    Duration.ofSeconds(6),
                    Duration.ofMinutes(30),
                    Duration.ofDays(7),
                    Duration.ofSeconds(5));

    private static final long START_MILLIS = 1_760_000_000_000L;

    final ManualClock clock = new ManualClock(START_MILLIS);
    final ManualTimer timer = new ManualTimer(clock);

    /** The one partition of the offsets topic. */
    final MemoryLog log;

    private final Map<TopicPartition, Long> highWatermarks = new ConcurrentHashMap<>();
    final GroupCoordination coordination;
    private final Map<String, Uuid> topicIds = new LinkedHashMap<>();
    private MetadataImage image = MetadataImage.EMPTY;

    Groups(MemoryLog log, GroupSettings settings) {
        this.log = log;
        this.coordination = new GroupCoordination(1, settings, this::highWatermark, clock, timer);
    }

    /** Serving, leading the one partition, with a topic of so many partitions. */
    static Groups serving(MemoryLog log, GroupSettings settings, String topic, int partitions) {
        Groups groups = new Groups(log, settings);
        groups.createTopic(topic, partitions);
        groups.lead(1);
        groups.awaitLoaded();
        return groups;
    }

    static Groups serving(String topic, int partitions) {
        return serving(new MemoryLog(), SETTINGS, topic, partitions);
    }

    void lead(int leaderEpoch) {
        coordination.becameLeader(0, leaderEpoch, log.lead());
    }

    void resign(int leaderEpoch) {
        log.endLeadership();
        coordination.resigned(0, OptionalInt.of(leaderEpoch));
    }

    /** How far a partition can be read. */
    void highWatermark(String topic, int partition, long offset) {
        highWatermarks.put(new TopicPartition(topic, partition), offset);
    }

    OptionalLong highWatermark(TopicPartition partition) {
        Long offset = highWatermarks.get(partition);
        return offset == null ? OptionalLong.empty() : OptionalLong.of(offset);
    }

    Uuid createTopic(String name, int partitions) {
        Uuid id = Uuid.randomUuid();
        topicIds.put(name, id);
        MetadataDelta delta = delta();
        delta.replay(new RegisterBrokerRecord().setBrokerId(1).setFenced(false));
        delta.replay(new TopicRecord().setName(name).setTopicId(id));
        for (int index = 0; index < partitions; index++) {
            delta.replay(
                    new PartitionRecord()
                            .setTopicId(id)
                            .setPartitionId(index)
                            .setLeader(1)
                            .setReplicas(List.of(1))
                            .setIsr(List.of(1)));
        }
        publish(delta);
        return id;
    }

    void deleteTopic(String name) {
        MetadataDelta delta = delta();
        delta.replay(new RemoveTopicRecord().setTopicId(topicIds.remove(name)));
        publish(delta);
    }

    void configure(String groupId, String key, String value) {
        MetadataDelta delta = delta();
        delta.replay(
                new ConfigRecord()
                        .setResourceType((byte) 32)
                        .setResourceName(groupId)
                        .setName(key)
                        .setValue(value));
        publish(delta);
    }

    private MetadataDelta delta() {
        return new MetadataDelta.Builder().setImage(image).build();
    }

    private void publish(MetadataDelta delta) {
        image =
                delta.apply(
                        new MetadataProvenance(image.offset() + 1, 1, clock.wallMillis(), true));
        coordination.onMetadata(delta, image);
    }

    /** Waits until the groups are served. */
    void awaitLoaded() {
        get(coordination.whenServed(0));
    }

    /** The answer, with time standing still. */
    static <T> T get(CompletableFuture<T> answer) {
        try {
            return answer.get(20, TimeUnit.SECONDS);
        } catch (TimeoutException | InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Moves time in small steps until the answer is there; fails after the given time has passed.
     */
    <T> T within(Duration limit, CompletableFuture<T> answer) {
        Duration step = Duration.ofMillis(10);
        for (long passed = 0; passed <= limit.toMillis(); passed += step.toMillis()) {
            try {
                return answer.get(2, TimeUnit.MILLISECONDS);
            } catch (TimeoutException _) {
                timer.advance(step);
            } catch (InterruptedException | ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
        throw new AssertionError("no answer within " + limit);
    }

    static AuthorizableRequestContext context(ApiKeys key) {
        return context(key, key.latestVersion());
    }

    static AuthorizableRequestContext context(ApiKeys key, short version) {
        return new Context(new RequestHeader(key, version, "test-client", 1));
    }

    @Override
    public void close() {
        coordination.close();
    }

    private record Context(RequestHeader header) implements AuthorizableRequestContext {
        @Override
        public String listenerName() {
            return "PLAINTEXT";
        }

        @Override
        public SecurityProtocol securityProtocol() {
            return SecurityProtocol.PLAINTEXT;
        }

        @Override
        public KafkaPrincipal principal() {
            return KafkaPrincipal.ANONYMOUS;
        }

        @Override
        public InetAddress clientAddress() {
            return InetAddress.getLoopbackAddress();
        }

        @Override
        public int requestType() {
            return header.apiKey().id;
        }

        @Override
        public int requestVersion() {
            return header.apiVersion();
        }

        @Override
        public String clientId() {
            return header.clientId();
        }

        @Override
        public int correlationId() {
            return header.correlationId();
        }
    }
}
