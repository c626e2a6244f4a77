package io.takhin.metadata;

import io.takhin.log.DamagedLogException;
import io.takhin.log.WholeBatches;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.metadata.MetadataRecordSerde;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesVersion;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.apache.kafka.server.common.Feature;
import org.apache.kafka.server.common.KRaftVersion;
import org.apache.kafka.server.common.MetadataVersion;
import org.apache.kafka.server.common.OffsetAndEpoch;
import org.apache.kafka.snapshot.FileRawSnapshotWriter;
import org.apache.kafka.snapshot.RecordsSnapshotWriter;
import org.apache.kafka.snapshot.Snapshots;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whom a data directory belongs to, and the records a new cluster begins with. A directory that
 * belongs to nobody is taken at the first start; the layout is what {@code kafka-storage format}
 * writes: {@code meta.properties} (version 1) and {@code bootstrap.checkpoint}.
 *
 * @param clusterId the cluster's name
 * @param directoryId this directory's own name, for life
 * @param bootstrap what the first controller writes when the metadata log is empty
 */
record StorageFormat(String clusterId, Uuid directoryId, BootstrapMetadata bootstrap) {
    private static final Logger log = LoggerFactory.getLogger(StorageFormat.class);
    private static final int BOOTSTRAP_BYTES_MAX = 16 << 10;

    /** Reads what the directory says of itself; takes it into use when it says nothing. */
    static StorageFormat open(MetadataSettings settings) throws IOException {
        DirectoryIdentity identity = DirectoryIdentity.read(settings);
        if (identity != null) {
            return new StorageFormat(
                    identity.clusterId(),
                    identity.directoryId(),
                    readBootstrap(settings.directory()));
        }
        return format(settings);
    }

    /**
     * Whether an id would be this directory's but for one character, as a flipped bit leaves it.
     * Ids are random: two directories' differ in nearly all of them.
     */
    boolean isMistakenFor(Uuid other) {
        String mine = directoryId.toString();
        String text = other.toString();
        return IntStream.range(0, mine.length())
                        .filter(i -> mine.charAt(i) != text.charAt(i))
                        .count()
                == 1;
    }

    /** Whether a directory was taken into use before. */
    static boolean isFormatted(Path directory) {
        return Files.exists(DirectoryIdentity.metaFile(directory));
    }

    private static StorageFormat format(MetadataSettings settings) throws IOException {
        Path directory = settings.directory();
        Files.createDirectories(directory);
        BootstrapMetadata bootstrap = freshBootstrap();
        writeBootstrap(directory, bootstrap);
        String clusterId = clusterIdFor(settings);
        Uuid directoryId = Uuid.randomUuid();
        MetaProperties properties =
                new MetaProperties.Builder()
                        .setVersion(MetaPropertiesVersion.V1)
                        .setClusterId(clusterId)
                        .setNodeId(settings.nodeId())
                        .setDirectoryId(directoryId)
                        .build();
        // Written last: a directory without it was not taken into use.
        writeIdentity(properties, directory);
        log.info(
                "data directory taken into use directory={} node={} cluster={} {}={}",
                directory,
                settings.nodeId(),
                clusterId,
                MetadataVersion.FEATURE_NAME,
                bootstrap.metadataVersion());
        return new StorageFormat(clusterId, directoryId, bootstrap);
    }

    /** All voters must come to the same name without asking each other (ADR 20). */
    static String clusterIdFor(MetadataSettings settings) {
        if (settings.clusterId() != null) {
            return settings.clusterId();
        }
        if (settings.alone()) {
            return Uuid.randomUuid().toString();
        }
        String voters =
                settings.voters().stream()
                        .map(voter -> voter.id() + "@" + voter.host() + ":" + voter.port())
                        .collect(Collectors.joining(","));
        try {
            ByteBuffer digest =
                    ByteBuffer.wrap(
                            MessageDigest.getInstance("SHA-256")
                                    .digest(voters.getBytes(StandardCharsets.UTF_8)));
            return new Uuid(digest.getLong(), digest.getLong()).toString();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** The newest stable level of each feature, as a fresh Kafka of this release finalises them. */
    private static BootstrapMetadata freshBootstrap() {
        MetadataVersion version = MetadataVersion.latestProduction();
        Map<String, Short> levels = new HashMap<>();
        levels.put(MetadataVersion.FEATURE_NAME, version.featureLevel());
        for (Feature feature : Feature.PRODUCTION_FEATURES) {
            if (!feature.featureName().equals(KRaftVersion.FEATURE_NAME)) {
                levels.put(feature.featureName(), feature.defaultLevel(version));
            }
        }
        return BootstrapMetadata.fromVersions(version, levels, "the first start");
    }

    /**
     * {@link Properties#store} would write today's date above, and load the names of the world's
     * time zones for it.
     */
    private static void writeIdentity(MetaProperties identity, Path directory) throws IOException {
        String lines =
                identity.toProperties().entrySet().stream()
                        .map(entry -> entry.getKey() + "=" + escaped(entry.getValue().toString()))
                        .sorted()
                        .collect(Collectors.joining("\n", "", "\n"));
        Path file = DirectoryIdentity.metaFile(directory);
        Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
        VoteFile.writeDurably(temporary, ChecksumLine.appendedTo(lines));
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
        VoteFile.syncDirectory(directory);
    }

    /** As {@link Properties#load} reads it back. */
    private static String escaped(String value) {
        return value.replaceAll("[\\\\:=#! ]", "\\\\$0");
    }

    /** A snapshot before all records; with Kafka's own writer it would cost 8 MiB of heap. */
    private static void writeBootstrap(Path directory, BootstrapMetadata bootstrap)
            throws IOException {
        OffsetAndEpoch before = new OffsetAndEpoch(0, 0);
        try (RecordsSnapshotWriter<ApiMessageAndVersion> writer =
                new RecordsSnapshotWriter.Builder()
                        .setKraftVersion(KRaftVersion.KRAFT_VERSION_0)
                        .setMaxBatchSizeBytes(BOOTSTRAP_BYTES_MAX)
                        .setRawSnapshotWriter(FileRawSnapshotWriter.create(directory, before))
                        .build(new MetadataRecordSerde())) {
            writer.append(bootstrap.records());
            writer.freeze();
        }
        Files.move(
                Snapshots.snapshotPath(directory, before),
                directory.resolve(BootstrapDirectory.BINARY_BOOTSTRAP_FILENAME),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);
    }

    private static BootstrapMetadata readBootstrap(Path directory) throws IOException {
        Path file = directory.resolve(BootstrapDirectory.BINARY_BOOTSTRAP_FILENAME);
        if (Files.exists(file)) {
            checkBootstrap(file);
        }
        try {
            return new BootstrapDirectory(directory.toString()).read();
        } catch (IOException e) {
            throw e;
        } catch (Exception e) { // Kafka's signature says no more than this
            throw new IOException("cannot read the bootstrap records in " + directory, e);
        }
    }

    /** Kafka's reader looks at no checksum. */
    private static void checkBootstrap(Path file) throws IOException {
        try {
            new WholeBatches(0).check(file, Files.size(file));
        } catch (DamagedLogException e) {
            throw new IOException(
                    "%s. Only a cluster's first start needs it: of one that has started before, delete it"
                            .formatted(e.getMessage()),
                    e);
        }
    }
}
