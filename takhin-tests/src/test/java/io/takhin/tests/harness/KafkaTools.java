package io.takhin.tests.harness;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Kafka's command-line tools, by the names of their scripts. Each call is one run of the tool's
 * {@code main} with {@code --bootstrap-server} and the arguments given.
 *
 * <p>Threads: any; runs wait for each other, because a tool owns the standard streams.
 */
public final class KafkaTools {
    private static final String TOOLS = "org.apache.kafka.tools.";

    private final String bootstrap;

    public KafkaTools(Broker broker) {
        this.bootstrap = broker.bootstrap();
    }

    public ToolRun topics(String... arguments) {
        return run(TOOLS + "TopicCommand", arguments);
    }

    public ToolRun consumerGroups(String... arguments) {
        return run(TOOLS + "consumer.group.ConsumerGroupCommand", arguments);
    }

    public ToolRun groups(String... arguments) {
        return run(TOOLS + "GroupsCommand", arguments);
    }

    public ToolRun configs(String... arguments) {
        return run("kafka.admin.ConfigCommand", arguments);
    }

    public ToolRun getOffsets(String... arguments) {
        return run(TOOLS + "GetOffsetShell", arguments);
    }

    public ToolRun deleteRecords(String... arguments) {
        return run(TOOLS + "DeleteRecordsCommand", arguments);
    }

    public ToolRun brokerApiVersions(String... arguments) {
        return run(TOOLS + "BrokerApiVersionsCommand", arguments);
    }

    public ToolRun metadataQuorum(String... arguments) {
        return run(TOOLS + "MetadataQuorumCommand", arguments);
    }

    public ToolRun logDirs(String... arguments) {
        return run(TOOLS + "LogDirsCommand", arguments);
    }

    public ToolRun features(String... arguments) {
        return run(TOOLS + "FeatureCommand", arguments);
    }

    public ToolRun leaderElection(String... arguments) {
        return run(TOOLS + "LeaderElectionCommand", arguments);
    }

    public ToolRun reassignPartitions(String... arguments) {
        return run(TOOLS + "reassign.ReassignPartitionsCommand", arguments);
    }

    public ToolRun acls(String... arguments) {
        return run(TOOLS + "AclCommand", arguments);
    }

    public ToolRun producerPerfTest(String... arguments) {
        return run(TOOLS + "ProducerPerformance", arguments);
    }

    public ToolRun consumerPerfTest(String... arguments) {
        return run(TOOLS + "ConsumerPerformance", arguments);
    }

    /** Produces the lines given, as if piped in. */
    public ToolRun consoleProducer(String lines, String... arguments) {
        return ToolLoader.get().run(TOOLS + "ConsoleProducer", lines, withBootstrap(arguments));
    }

    public ToolRun consoleConsumer(String... arguments) {
        return run(TOOLS + "consumer.ConsoleConsumer", arguments);
    }

    /** Reads files; needs no broker. */
    public static ToolRun dumpLog(String... arguments) {
        return ToolLoader.get().run(TOOLS + "DumpLogSegments", "", List.of(arguments));
    }

    /** Prepares and describes data directories; needs no broker. */
    public static ToolRun storage(String... arguments) {
        return ToolLoader.get().run("kafka.tools.StorageTool", "", List.of(arguments));
    }

    /** Where the tools lie, and with them Kafka's broker. */
    static Path jarFolder() {
        return Program.target("takhin-kafka-tools", "lib");
    }

    private ToolRun run(String mainClass, String... arguments) {
        return ToolLoader.get().run(mainClass, "", withBootstrap(arguments));
    }

    private List<String> withBootstrap(String... arguments) {
        List<String> all = new ArrayList<>(List.of("--bootstrap-server", bootstrap));
        all.addAll(List.of(arguments));
        return all;
    }
}
