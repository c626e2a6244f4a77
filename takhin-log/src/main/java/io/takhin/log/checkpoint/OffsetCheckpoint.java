package io.takhin.log.checkpoint;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One of Kafka's files of an offset per partition: {@code recovery-point-offset-checkpoint}, {@code
 * log-start-offset-checkpoint}, {@code cleaner-offset-checkpoint}. A line reads "topic partition
 * offset".
 */
public final class OffsetCheckpoint {
    private static final Logger log = LoggerFactory.getLogger(OffsetCheckpoint.class);

    public static final String RECOVERY_POINTS = "recovery-point-offset-checkpoint";
    public static final String LOG_STARTS = "log-start-offset-checkpoint";

    private OffsetCheckpoint() {}

    /**
     * Nothing where there is no file.
     *
     * @throws CheckpointFile.DamagedFileException when the file is not what was written
     */
    public static Map<TopicPartition, Long> read(Path path) throws IOException {
        Map<TopicPartition, Long> offsets = new HashMap<>();
        Map<String, String> topics = new HashMap<>();
        try {
            for (String[] entry : CheckpointFile.read(path, 3)) {
                TopicPartition partition =
                        new TopicPartition(
                                topics.computeIfAbsent(entry[0], name -> name),
                                Integer.parseInt(entry[1]));
                offsets.put(partition, Long.parseLong(entry[2]));
            }
        } catch (NumberFormatException e) {
            throw new CheckpointFile.DamagedFileException(path + " has a malformed number", e);
        }
        return offsets;
    }

    /**
     * As {@link #read}, and nothing where the file is damaged: one of these files costs time, or
     * brings old records back; it does not cost the start.
     *
     * @param consequence what that means, for the log
     */
    public static Map<TopicPartition, Long> readOrNothing(Path path, String consequence)
            throws IOException {
        try {
            return read(path);
        } catch (CheckpointFile.DamagedFileException e) {
            log.error("{}; {}", e.getMessage(), consequence);
            return Map.of();
        }
    }

    /** On disk when it returns, but for the directory's entry. */
    public static void write(Path path, Map<TopicPartition, Long> offsets) throws IOException {
        List<String> lines =
                offsets.entrySet().stream()
                        .map(entry -> line(entry.getKey(), entry.getValue()))
                        .toList();
        CheckpointFile.write(path, lines, true);
    }

    private static String line(TopicPartition partition, long offset) {
        return partition.topic() + " " + partition.partition() + " " + offset;
    }
}
