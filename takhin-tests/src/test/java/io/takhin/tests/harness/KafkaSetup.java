package io.takhin.tests.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * How a {@link KafkaProcess} is to be started: one node, broker and controller at once. Its data
 * directory is where {@link TakhinSetup} has it, so that both can take turns in one home.
 *
 * @param home holds the data directory, the configuration and the output of the process
 * @param voters how the node knows that it is the quorum
 * @param moreDirectories that hold partitions beside the data directory
 */
public record KafkaSetup(
        Path home, int port, int controllerPort, Voters voters, List<Path> moreDirectories) {
    /** Node id of every such broker; the shipped configuration of Takhin has the same. */
    public static final int NODE_ID = 1;

    /** The two ways to name the voters of a quorum. */
    public enum Voters {
        /** {@code controller.quorum.voters}. */
        STATIC,
        /** In the metadata log, with directory ids (KIP-853). */
        DYNAMIC
    }

    /** On ports of its own. */
    public static KafkaSetup in(Path home, Voters voters) {
        return new KafkaSetup(home, FreePorts.one(), FreePorts.one(), voters, List.of());
    }

    public KafkaSetup moved(Path otherHome) {
        return new KafkaSetup(otherHome, port, controllerPort, voters, moreDirectories);
    }

    /** With one more entry in {@code log.dirs}. */
    public KafkaSetup and(Path directory) {
        return new KafkaSetup(home, port, controllerPort, voters, List.of(directory));
    }

    public Path dataDirectory() {
        return home.resolve("data");
    }

    /** Takhin on the same data and at the same address. */
    public TakhinSetup asTakhin() {
        return TakhinSetup.in(home).moved(home, port);
    }

    /** Prepares an empty data directory, as {@code kafka-storage.sh format} does. */
    public KafkaSetup format(String clusterId) {
        String file = writeProperties().toString();
        ToolRun run =
                voters == Voters.STATIC
                        ? KafkaTools.storage("format", "-t", clusterId, "-c", file)
                        : KafkaTools.storage("format", "-t", clusterId, "-c", file, "--standalone");
        run.succeeded();
        return this;
    }

    /** Starts it and waits until clients can use it. */
    public KafkaProcess start() {
        List<String> command =
                List.of(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        KafkaTools.jarFolder().resolve("*").toString(),
                        "kafka.Kafka",
                        writeProperties().toString());
        try {
            return KafkaProcess.start(this, new ProcessBuilder(command).directory(home.toFile()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path writeProperties() {
        try {
            Files.createDirectories(home);
            return Files.writeString(home.resolve("server.properties"), properties());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String properties() {
        String controller = "127.0.0.1:" + controllerPort;
        String quorum =
                switch (voters) {
                    case STATIC -> "controller.quorum.voters=" + NODE_ID + "@" + controller;
                    case DYNAMIC -> "controller.quorum.bootstrap.servers=" + controller;
                };
        String directories =
                Stream.concat(Stream.of(dataDirectory()), moreDirectories.stream())
                        .map(Path::toString)
                        .collect(Collectors.joining(","));
        return """
        process.roles=broker,controller
        node.id=%d
        listeners=PLAINTEXT://127.0.0.1:%d,CONTROLLER://%s
        controller.listener.names=CONTROLLER
        %s
        log.dirs=%s
        offsets.topic.num.partitions=3
        offsets.topic.replication.factor=1
        transaction.state.log.num.partitions=2
        transaction.state.log.replication.factor=1
        transaction.state.log.min.isr=1
        share.coordinator.state.topic.num.partitions=1
        share.coordinator.state.topic.replication.factor=1
        share.coordinator.state.topic.min.isr=1
        group.initial.rebalance.delay.ms=0
        log.flush.start.offset.checkpoint.interval.ms=100
        log.cleaner.backoff.ms=100
        log.cleaner.dedupe.buffer.size=4194304
        authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
        super.users=User:ANONYMOUS
        """
                .formatted(NODE_ID, port, controller, quorum, directories);
    }
}
