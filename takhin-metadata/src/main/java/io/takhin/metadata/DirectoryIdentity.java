package io.takhin.metadata;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.properties.MetaPropertiesVersion;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.jspecify.annotations.Nullable;

/**
 * Whom a data directory belongs to, as its files say ({@code meta.properties}, KIP-631 and KIP-858;
 * the voters in {@code quorum-state}). Nothing is written here: a directory that is refused stays
 * as it was.
 */
record DirectoryIdentity(String clusterId, Uuid directoryId) {
    /**
     * Null where nobody has taken the directory into use.
     *
     * @throws IOException with a text for the operator where it is not this node's, or not of a
     *     kind that this program can continue
     */
    static @Nullable DirectoryIdentity read(MetadataSettings settings) throws IOException {
        Path directory = settings.directory();
        Path meta = metaFile(directory);
        if (!Files.exists(meta)) {
            refuseData(directory, meta + " is missing");
            return null;
        }
        MetaProperties found = parse(meta);
        DirectoryIdentity identity = check(found, settings, meta);
        checkVoters(settings);
        // In a quorum the others have it; this node comes back as an empty one (ADR 23).
        if (settings.alone() && !hasMetadata(directory)) {
            refuseData(
                    directory,
                    "%s is missing (one of several log.dirs of a broker is not a whole broker)"
                            .formatted(metadataDirectory(directory)));
        }
        return identity;
    }

    static Path metaFile(Path directory) {
        return directory.resolve(MetaPropertiesEnsemble.META_PROPERTIES_NAME);
    }

    /** Whether there is a metadata log in a data directory. */
    static boolean hasMetadata(Path directory) {
        return Files.isDirectory(metadataDirectory(directory));
    }

    private static Path metadataDirectory(Path directory) {
        return directory.resolve(MetadataLog.PARTITION.toString());
    }

    private static MetaProperties parse(Path meta) throws IOException {
        if (ChecksumLine.contradicts(Files.readString(meta, StandardCharsets.ISO_8859_1))) {
            throw new IOException(
                    "%s is damaged: its lines are not those of which its last line is the checksum. Restore it; where somebody changed it on purpose, delete that line"
                            .formatted(meta));
        }
        try {
            return new MetaProperties.Builder(PropertiesUtils.readPropertiesFile(meta.toString()))
                    .build();
        } catch (RuntimeException e) {
            throw new IOException(meta + " is damaged: " + e.getMessage(), e);
        }
    }

    private static DirectoryIdentity check(
            MetaProperties found, MetadataSettings settings, Path meta) throws IOException {
        if (found.version() != MetaPropertiesVersion.V1) {
            throw new IOException(
                    "%s has version %d: Apache Kafka wrote it with ZooKeeper. Migrate that cluster to KRaft first (KIP-866, Kafka 3.9)"
                            .formatted(meta, found.version().number()));
        }
        int nodeId = found.nodeId().orElse(-1);
        if (nodeId != settings.nodeId()) {
            throw new IOException(
                    "by %s the directory belongs to node %d, and this is node %d: use another data directory"
                            .formatted(meta, nodeId, settings.nodeId()));
        }
        String clusterId =
                found.clusterId()
                        .orElseThrow(
                                () -> new IOException(meta + " has no cluster.id: restore it"));
        String expected = settings.clusterId();
        if (expected != null && !expected.equals(clusterId)) {
            throw new IOException(
                    "by %s the directory belongs to cluster \"%s\", and this is cluster \"%s\": use another data directory"
                            .formatted(meta, clusterId, expected));
        }
        return new DirectoryIdentity(
                clusterId,
                found.directoryId()
                        .orElseThrow(() ->
                                new IOException(
                                        "%s has no directory.id: start Apache Kafka 4.3 on it once, which adds it"
                                                .formatted(meta))));
    }

    /**
     * Two quorums must not grow out of one log. Where the voters are in the log (KIP-853), the Raft
     * client knows them; {@link RaftNode#initialize} looks.
     */
    private static void checkVoters(MetadataSettings settings) throws IOException {
        VoteFile vote = new VoteFile(metadataDirectory(settings.directory()));
        Set<Integer> before = new TreeSet<>(vote.staticVoters());
        Set<Integer> now =
                settings.alone()
                        ? Set.of(settings.nodeId())
                        : settings.voters().stream()
                                .map(MetadataSettings.Voter::id)
                                .collect(Collectors.toCollection(TreeSet::new));
        if (!before.isEmpty() && !before.equals(now)) {
            throw new IOException(
                    "by %s the directory belongs to a quorum of the voters %s, and the configuration names %s: the voters of a quorum cannot be exchanged"
                            .formatted(vote.path(), before, now));
        }
    }

    /** Partitions without an owner were moved here by hand, or lost what is missing. */
    private static void refuseData(Path directory, String what) throws IOException {
        if (!Files.isDirectory(directory)) {
            return;
        }
        try (DirectoryStream<Path> partitions = Files.newDirectoryStream(directory, "*-[0-9]*")) {
            for (Path partition : partitions) {
                if (Files.isDirectory(partition)) {
                    throw new IOException(
                            "%s, but the directory holds data (%s): restore it or use an empty directory"
                                    .formatted(what, partition.getFileName()));
                }
            }
        }
    }
}
