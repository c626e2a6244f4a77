package io.takhin.tests.server;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.NotEnoughReplicasException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.record.TimestampType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every setting of a topic, changed while the topic is used: first what happens without it, then
 * what it brings about.
 */
@TakhinOnly
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SettingsAtRunTimeTest {
    private static final Duration WITHIN = Duration.ofSeconds(40);
    private static final long HOUR = Duration.ofHours(1).toMillis();
    private static final long NEVER = Long.MAX_VALUE;
    private static final int PARTITIONS = 20;

    /** In an alphabet of four, so that every codec has something to do. */
    private static final String TEXT =
            new Random(5)
                    .ints(100_000, 0, 4)
                    .collect(
                            StringBuilder::new,
                            (text, letter) -> text.append((char) ('a' + letter)),
                            StringBuilder::append)
                    .toString();

    /** Uses a topic, changes the setting, and sees what comes of it. */
    private interface Effect {
        void show(LiveTopic topic) throws Exception;
    }

    private static final Map<String, Effect> EFFECTS =
            Map.ofEntries(
                    entry("segment.bytes", SettingsAtRunTimeTest::segmentBytes),
                    entry("segment.ms", SettingsAtRunTimeTest::segmentMillis),
                    entry("segment.jitter.ms", SettingsAtRunTimeTest::segmentJitter),
                    entry("segment.index.bytes", SettingsAtRunTimeTest::segmentIndexBytes),
                    entry("index.interval.bytes", SettingsAtRunTimeTest::indexInterval),
                    entry("file.delete.delay.ms", SettingsAtRunTimeTest::fileDeleteDelay),
                    entry("max.message.bytes", SettingsAtRunTimeTest::maxMessageBytes),
                    entry("flush.policy", SettingsAtRunTimeTest::flushPolicy),
                    entry("flush.messages", SettingsAtRunTimeTest::flushMessages),
                    entry("flush.ms", SettingsAtRunTimeTest::flushMillis),
                    entry("message.timestamp.type", SettingsAtRunTimeTest::timestampType),
                    entry(
                            "message.timestamp.before.max.ms",
                            SettingsAtRunTimeTest::timestampBefore),
                    entry("message.timestamp.after.max.ms", SettingsAtRunTimeTest::timestampAfter),
                    entry("compression.type", SettingsAtRunTimeTest::compressionType),
                    entry("compression.gzip.level", topic -> level(topic, "gzip", 1, 9)),
                    entry("compression.lz4.level", topic -> level(topic, "lz4", 1, 17)),
                    entry("compression.zstd.level", topic -> level(topic, "zstd", 1, 19)),
                    entry("cleanup.policy", SettingsAtRunTimeTest::cleanupPolicy),
                    entry("retention.ms", SettingsAtRunTimeTest::retentionMillis),
                    entry("retention.bytes", SettingsAtRunTimeTest::retentionBytes),
                    entry("delete.retention.ms", SettingsAtRunTimeTest::deleteRetention),
                    entry("min.compaction.lag.ms", SettingsAtRunTimeTest::minCompactionLag),
                    entry("max.compaction.lag.ms", SettingsAtRunTimeTest::maxCompactionLag),
                    entry("min.cleanable.dirty.ratio", SettingsAtRunTimeTest::dirtyRatio),
                    entry("min.insync.replicas", SettingsAtRunTimeTest::minInSync));

    /** What is refused, for this version could not do it. */
    private static final Map<String, String> REFUSED =
            Map.of(
                    "preallocate", "true",
                    "remote.storage.enable", "true",
                    "remote.log.copy.disable", "true",
                    "remote.log.delete.on.disable", "true");

    /** What only has an effect among several replicas, or with an object store. */
    private static final Set<String> WITHOUT_EFFECT_HERE =
            Set.of(
                    "unclean.leader.election.enable",
                    "local.retention.ms",
                    "local.retention.bytes",
                    "leader.replication.throttled.replicas",
                    "follower.replication.throttled.replicas");

    private TakhinProcess broker;

    @BeforeAll
    void start(@TempDir Path home) {
        broker =
                TakhinSetup.in(home)
                        .withEnvironment("TAKHIN_STORAGE_LOG_CLEANUP_INTERVAL_MS", "200")
                        .withEnvironment("TAKHIN_STORAGE_COMPACTION_INTERVAL_MS", "200")
                        .start();
    }

    @AfterAll
    void stop() {
        broker.close();
    }

    static Stream<String> names() {
        return EFFECTS.keySet().stream().sorted();
    }

    @ParameterizedTest
    @MethodSource("names")
    void takesEffectAtOnce(String setting) throws Exception {
        try (LiveTopic topic = new LiveTopic(broker, PARTITIONS)) {
            EFFECTS.get(setting).show(topic);
        }
    }

    @Test
    void whatCannotBeServedIsRefused() throws Exception {
        try (LiveTopic topic = new LiveTopic(broker, 1)) {
            REFUSED.forEach((name, value) ->
                    assertThatThrownBy(() -> topic.set(name, value))
                            .as(name)
                            .isInstanceOf(ExecutionException.class)
                            .hasCauseInstanceOf(InvalidConfigurationException.class));
        }
    }

    // Who adds a setting shows here what it does.
    @Test
    void noSettingIsLeftOut() throws Exception {
        Set<String> known = new TreeSet<>(EFFECTS.keySet());
        known.addAll(REFUSED.keySet());
        known.addAll(WITHOUT_EFFECT_HERE);
        try (LiveTopic topic = new LiveTopic(broker, 1)) {
            assertThat(topic.settings()).containsExactlyInAnyOrderElementsOf(known);
        }
    }

    private static long now() {
        return System.currentTimeMillis();
    }

    private static void segmentBytes(LiveTopic topic) throws Exception {
        topic.write(TEXT.repeat(7)).write(TEXT.repeat(7));
        assertThat(topic.files(".log")).hasSize(1);

        topic.set("segment.bytes", 1 << 20).write(TEXT.repeat(7));

        assertThat(topic.files(".log")).hasSize(2);
    }

    private static void segmentMillis(LiveTopic topic) throws Exception {
        topic.write(now() - 10_000, "a").write(now() - 5_000, "b");
        assertThat(topic.files(".log")).hasSize(1);

        topic.set("segment.ms", 7_000).write(now(), "c");

        assertThat(topic.files(".log")).hasSize(2);
    }

    private static void segmentJitter(LiveTopic topic) throws Exception {
        topic.set("segment.ms", HOUR);
        for (int i = 0; i < PARTITIONS; i++) {
            topic.write(i, now() - HOUR / 2, null, "a").write(i, now() - HOUR / 3, null, "b");
            assertThat(topic.files(i, ".log")).hasSize(1);
        }

        topic.set("segment.jitter.ms", HOUR);

        for (int i = 0; i < PARTITIONS; i++) {
            topic.write(i, now(), null, "c");
        }
        assertThat(IntStream.range(0, PARTITIONS).mapToObj(i -> segments(topic, i)).distinct())
                .containsExactlyInAnyOrder(1, 2);
    }

    private static int segments(LiveTopic topic, int partition) {
        try {
            return topic.files(partition, ".log").size();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void segmentIndexBytes(LiveTopic topic) throws Exception {
        topic.set("index.interval.bytes", 0).write("a").write("b").write("c").write("d");
        assertThat(topic.files(".log")).hasSize(1);

        topic.set("segment.index.bytes", 24).write("e");

        assertThat(topic.files(".log")).hasSize(2);
    }

    private static void indexInterval(LiveTopic topic) throws Exception {
        topic.write("a").write("b").write("c");
        topic.set("index.interval.bytes", 0).write("d").write("e");

        topic.set("internal.segment.bytes", 1024).write("f".repeat(900));

        // An entry of eight bytes for "d" and "e" each, none for those before.
        assertThat(topic.bytesOf(topic.files(".index").getFirst())).isEqualTo(16);
    }

    private static void fillSegments(LiveTopic topic) throws Exception {
        topic.set("internal.segment.bytes", 1024);
        for (int i = 0; i < 8; i++) {
            topic.writeKeyed("k" + i % 2, "v" + i + ".".repeat(400));
        }
    }

    private static void fileDeleteDelay(LiveTopic topic) throws Exception {
        fillSegments(topic);
        topic.set("retention.bytes", 1);
        await().atMost(WITHIN).until(() -> topic.files(".log.deleted").size() == 3);
        List<String> stay = topic.files(".log.deleted");

        topic.set("file.delete.delay.ms", 0);

        fillSegments(topic);
        await().atMost(WITHIN).until(() -> topic.start() >= 14);
        await().atMost(WITHIN)
                .untilAsserted(() -> assertThat(topic.files(".log.deleted")).isEqualTo(stay));
    }

    private static void maxMessageBytes(LiveTopic topic) throws Exception {
        topic.write("x".repeat(5000));

        topic.set("max.message.bytes", 4000);

        topic.refuses("x".repeat(5000), RecordTooLargeException.class);
    }

    private static void flushPolicy(LiveTopic topic) throws Exception {
        topic.set("flush.ms", NEVER).write("safe");
        assertThat(topic.unflushedBytes()).isZero();

        topic.set("flush.policy", "interval").write("in the page cache");

        assertThat(topic.unflushedBytes()).isPositive();
        topic.set("flush.policy", "ack").write("and safe again");
        assertThat(topic.unflushedBytes()).isZero();
    }

    private static void flushMessages(LiveTopic topic) throws Exception {
        topic.set("flush.ms", NEVER).writeUnsafely("in the page cache");
        assertThat(topic.unflushedBytes()).isPositive();

        topic.set("flush.messages", 2).writeUnsafely("answered when both are safe");

        assertThat(topic.unflushedBytes()).isZero();
    }

    private static void flushMillis(LiveTopic topic) throws Exception {
        topic.set("flush.ms", NEVER).writeUnsafely("in the page cache");
        assertThat(topic.unflushedBytes()).isPositive();

        topic.set("flush.ms", 10);

        await().atMost(WITHIN).until(() -> topic.unflushedBytes() == 0);
    }

    private static void timestampType(LiveTopic topic) throws Exception {
        long hourAgo = now() - HOUR;
        topic.write(hourAgo, "a");
        assertThat(topic.last().timestamp()).isEqualTo(hourAgo);

        topic.set("message.timestamp.type", "LogAppendTime").write(hourAgo, "b");

        assertThat(topic.last().timestampType()).isEqualTo(TimestampType.LOG_APPEND_TIME);
        assertThat(topic.last().timestamp()).isGreaterThan(hourAgo);
        topic.set("message.timestamp.type", "CreateTime").write(hourAgo, "c");
        assertThat(topic.last().timestampType()).isEqualTo(TimestampType.CREATE_TIME);
        assertThat(topic.last().timestamp()).isEqualTo(hourAgo);
    }

    private static void timestampBefore(LiveTopic topic) throws Exception {
        topic.write(now() - 2 * HOUR, "a");

        topic.set("message.timestamp.before.max.ms", HOUR);

        topic.refuses(now() - 2 * HOUR, "b", InvalidTimestampException.class);
    }

    private static void timestampAfter(LiveTopic topic) throws Exception {
        topic.refuses(now() + 2 * HOUR, "a", InvalidTimestampException.class);

        topic.set("message.timestamp.after.max.ms", 3 * HOUR);

        topic.write(now() + 2 * HOUR, "b");
    }

    private static void compressionType(LiveTopic topic) throws Exception {
        topic.write(TEXT);
        long uncompressed = topic.bytes();

        topic.set("compression.type", "gzip").write(TEXT);

        assertThat(topic.bytes() - uncompressed).isLessThan(uncompressed / 2);
        assertThat(topic.last().value()).isEqualTo(TEXT);
    }

    private static void level(LiveTopic topic, String codec, int low, int high) throws Exception {
        String setting = "compression." + codec + ".level";
        topic.set("compression.type", codec).set(setting, low).write(TEXT);
        long before = topic.bytes();

        topic.set(setting, high).write(TEXT);

        assertThat(topic.bytes() - before).isNotEqualTo(before);
    }

    private static void cleanupPolicy(LiveTopic topic) throws Exception {
        topic.write("a record without a key");

        topic.set("cleanup.policy", "compact");

        topic.refuses("another one", InvalidRecordException.class);
    }

    private static void retentionMillis(LiveTopic topic) throws Exception {
        topic.write(now() - HOUR, "old");
        assertThat(topic.start()).isZero();

        topic.set("retention.ms", HOUR / 2);

        await().atMost(WITHIN).until(() -> topic.start() == 1);
    }

    private static void retentionBytes(LiveTopic topic) throws Exception {
        fillSegments(topic);
        assertThat(topic.start()).isZero();

        topic.set("retention.bytes", 2000);

        await().atMost(WITHIN).until(() -> topic.start() > 0);
        assertThat(topic.bytes()).isGreaterThanOrEqualTo(2000);
    }

    /** Not before it is compacted; then with one record of a key in closed segments. */
    private static void awaitCompaction(LiveTopic topic) {
        await().atMost(WITHIN).until(() -> topic.keys().size() < 6);
    }

    private static void compactSoon(LiveTopic topic) throws Exception {
        topic.set("cleanup.policy", "compact").set("min.cleanable.dirty.ratio", 0.01);
    }

    private static void dirtyRatio(LiveTopic topic) throws Exception {
        topic.set("min.cleanable.dirty.ratio", 1).set("cleanup.policy", "compact");
        staysUncompacted(topic);

        topic.set("min.cleanable.dirty.ratio", 0.01);

        awaitCompaction(topic);
    }

    /** Another topic was compacted that was written later: this one could have been, too. */
    private static void staysUncompacted(LiveTopic topic) throws Exception {
        fillSegments(topic);
        try (LiveTopic neighbour = topic.neighbour()) {
            compactSoon(neighbour);
            fillSegments(neighbour);
            awaitCompaction(neighbour);
        }
        assertThat(topic.keys()).hasSize(8);
    }

    private static void minCompactionLag(LiveTopic topic) throws Exception {
        topic.set("min.compaction.lag.ms", HOUR);
        compactSoon(topic);
        staysUncompacted(topic);

        topic.set("min.compaction.lag.ms", 0);

        awaitCompaction(topic);
    }

    private static void maxCompactionLag(LiveTopic topic) throws Exception {
        topic.set("min.cleanable.dirty.ratio", 1).set("cleanup.policy", "compact");
        staysUncompacted(topic);

        topic.set("max.compaction.lag.ms", 1);

        // The active segment, too, although nothing is written any more.
        await().atMost(WITHIN).until(() -> topic.keys().size() == 2);
    }

    private static void deleteRetention(LiveTopic topic) throws Exception {
        topic.writeKeyed("gone", null);
        compactSoon(topic);
        fillSegments(topic);
        awaitCompaction(topic);
        assertThat(topic.keys()).contains("gone");

        topic.set("delete.retention.ms", 0).writeKeyed("late", null);

        // One run notes until when it can be read, a later one takes it away; what was noted stays.
        await().atMost(WITHIN)
                .untilAsserted(() -> {
                    fillSegments(topic);
                    assertThat(topic.keys()).contains("gone").doesNotContain("late");
                });
    }

    private static void minInSync(LiveTopic topic) throws Exception {
        topic.write("a");

        topic.set("min.insync.replicas", 2);

        topic.refuses("b", NotEnoughReplicasException.class);
    }
}
