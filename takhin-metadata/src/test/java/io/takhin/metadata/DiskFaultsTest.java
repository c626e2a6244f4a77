package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.takhin.testkit.disk.SimulatedDisk;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The disk under the metadata of a node alone fails, or is full. */
@Timeout(60)
class DiskFaultsTest {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** Kafka's snapshot reader opens files as files: it gets copies. */
    @TempDir Path copies;

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private LoneNode node;

    @BeforeEach
    void start() throws Exception {
        disk.copyFilesTo(copies);
        node = LoneNode.start(disk.root());
        assertThat(create("before")).isEqualTo(Errors.NONE);
    }

    @AfterEach
    void stop() {
        node.close();
    }

    private Errors create(String topic) throws Exception {
        return Errors.forCode(
                node.ask(LoneNode.topic(topic, 1), CreateTopicsResponseData.class)
                        .topics()
                        .find(topic)
                        .errorCode());
    }

    private CompletableFuture<ApiMessage> asking(String topic) {
        ApiMessage request = LoneNode.topic(topic, 1);
        return node.node()
                .quorum()
                .ask(request, request.highestSupportedVersion(), LoneNode.CALLER, 10_000);
    }

    /** In a real directory: Kafka reads {@code meta.properties} as a file. */
    private LoneNode startOnWhatAPowerCutLeaves() throws Exception {
        disk.cutPower();
        disk.restart();
        Path target = copies.resolve("restarted");
        try (Stream<Path> files = Files.walk(disk.root())) {
            for (Path file : files.toList()) {
                Path copy = target.resolve(disk.root().relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectories(copy);
                } else {
                    Files.write(copy, Files.readAllBytes(file));
                }
            }
        }
        return LoneNode.start(target);
    }

    @ParameterizedTest
    @EnumSource(
            value = SimulatedDisk.Call.class,
            names = {"WRITE", "SYNC"})
    void aFaultOfTheDiskTakesTheNodeOutOfTheQuorumAndNotTheProcess(SimulatedDisk.Call call)
            throws Exception {
        disk.failAfter(call, 0);

        assertThat(create("never")).isEqualTo(Errors.KAFKA_STORAGE_ERROR);

        await().atMost(PATIENCE).until(() -> !node.diskFailures().isEmpty());
        assertThat(node.faults()).isEmpty();
        assertThat(node.node().quorum().status().role()).isEqualTo(Quorum.Role.OFFLINE);
        assertThat(node.view().topic("before")).isNotNull();
        assertThat(node.view().topic("never")).isNull();
        // What failed once is not tried again, though it would go well now.
        disk.restart();
        assertThatThrownBy(() -> asking("later").get(1, TimeUnit.SECONDS))
                .cause()
                .isInstanceOf(KafkaStorageException.class);
    }

    @Test
    void theNextStartGoesOnWithWhatWasAcknowledged() throws Exception {
        disk.failAfter(SimulatedDisk.Call.SYNC, 0);
        assertThat(create("never")).isEqualTo(Errors.KAFKA_STORAGE_ERROR);

        long stopping = System.nanoTime();
        node.close();
        assertThat(System.nanoTime() - stopping).isLessThan(TimeUnit.SECONDS.toNanos(5));
        node = startOnWhatAPowerCutLeaves();

        assertThat(node.view().topic("before")).isNotNull();
        assertThat(create("after")).isEqualTo(Errors.NONE);
    }

    @Test
    void onAFullDiskChangesAreRefusedUntilThereIsSpace() throws Exception {
        disk.leaveFree(0);

        assertThat(create("first")).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
        assertThat(create("second")).isEqualTo(Errors.KAFKA_STORAGE_ERROR);
        assertThat(node.view().topic("before")).isNotNull();

        disk.leaveFree(1 << 20);
        await().atMost(PATIENCE).until(() -> create("third") == Errors.NONE);
        assertThat(node.faults()).isEmpty();
        assertThat(node.diskFailures()).isEmpty();
        assertThat(node.view().topic("second")).isNull();
    }

    @Test
    void onAFullDiskTheBallastGivesWayToChanges() throws Exception {
        Path ballast = disk.root().resolve(Ballast.NAME);
        await().atMost(PATIENCE)
                .until(() -> Files.exists(ballast) && Files.size(ballast) == Ballast.BYTES_MAX);
        disk.leaveFree(0);

        assertThat(create("made")).isEqualTo(Errors.NONE);

        assertThat(Files.size(ballast)).isEqualTo(Ballast.BYTES_MAX - Ballast.STEP_BYTES);
        disk.leaveFree(1L << 30);
        await().atMost(PATIENCE).until(() -> Files.size(ballast) == Ballast.BYTES_MAX);
    }

    @Test
    void aNodeThatWaitsForSpaceStopsAtOnce() throws Exception {
        disk.leaveFree(0);
        assertThat(create("never")).isEqualTo(Errors.KAFKA_STORAGE_ERROR);

        long stopping = System.nanoTime();
        node.close();
        assertThat(System.nanoTime() - stopping).isLessThan(TimeUnit.SECONDS.toNanos(5));

        assertThat(node.diskFailures()).isEmpty();
        node = startOnWhatAPowerCutLeaves();
        assertThat(node.view().topic("before")).isNotNull();
    }
}
