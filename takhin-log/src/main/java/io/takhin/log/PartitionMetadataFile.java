package io.takhin.log;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;

/**
 * Says which topic's a partition directory is (KIP-516): {@code partition.metadata}, two lines.
 * Names can come back for another topic; ids cannot.
 */
final class PartitionMetadataFile {
    static final String NAME = "partition.metadata";
    private static final String VERSION_LINE = "version: 0";
    private static final String TOPIC_ID = "topic_id: ";

    private PartitionMetadataFile() {}

    /** {@code Uuid.ZERO_UUID} where there is no file, or a power cut left no content in it. */
    static Uuid read(Path directory) throws IOException {
        List<String> lines;
        try {
            lines = Files.readAllLines(directory.resolve(NAME), StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            return Uuid.ZERO_UUID;
        }
        if (lines.size() < 2 || !lines.get(1).startsWith(TOPIC_ID)) {
            return Uuid.ZERO_UUID;
        }
        return Uuid.fromString(lines.get(1).substring(TOPIC_ID.length()).strip());
    }

    /**
     * Not synced: an empty partition can be made again from the metadata log, and the first flush
     * of a log covers this file too.
     */
    static void write(Path directory, Uuid topicId) throws IOException {
        CheckpointFile.replace(
                directory.resolve(NAME), VERSION_LINE + "\n" + TOPIC_ID + topicId, false);
    }
}
