package io.takhin.log.checkpoint;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says which topic's a partition directory is (KIP-516): {@code partition.metadata}, two lines.
 * Names can come back for another topic; ids cannot.
 */
public final class PartitionMetadataFile {
    private static final Logger log = LoggerFactory.getLogger(PartitionMetadataFile.class);
    public static final String NAME = "partition.metadata";
    private static final String VERSION_LINE = "version: 0";
    private static final String TOPIC_ID = "topic_id: ";

    private PartitionMetadataFile() {}

    /**
     * {@code Uuid.ZERO_UUID} where there is no file, a power cut left no content in it, or what it
     * has is no id: the directory's name alone says then which topic's it is.
     */
    public static Uuid read(Path directory) throws IOException {
        List<String> lines;
        try {
            lines =
                    Files.readString(directory.resolve(NAME), StandardCharsets.UTF_8)
                            .lines()
                            .toList();
        } catch (NoSuchFileException e) {
            return Uuid.ZERO_UUID;
        } catch (CharacterCodingException e) {
            return damaged(directory, e);
        }
        if (lines.size() < 2 || !lines.get(1).startsWith(TOPIC_ID)) {
            return Uuid.ZERO_UUID;
        }
        try {
            return Uuid.fromString(lines.get(1).substring(TOPIC_ID.length()).strip());
        } catch (IllegalArgumentException e) {
            return damaged(directory, e);
        }
    }

    /**
     * Whether the file was written for a topic, and no more than one byte of it is another, which a
     * flipped bit may have changed: also where no id can be read from it.
     */
    public static boolean isSameButForDamage(Path directory, Uuid id) throws IOException {
        byte[] found = bytes(directory);
        byte[] written = contentOf(id).getBytes(StandardCharsets.UTF_8);
        if (found.length < written.length) {
            return false;
        }
        int different = 0;
        for (int i = 0; i < written.length; i++) {
            different += found[i] == written[i] ? 0 : 1;
        }
        return different <= 1;
    }

    /**
     * Whether anything is in the file. It is smaller than a sector: a power cut leaves all that was
     * written or nothing, zeros too, and what is there and cannot be read was damaged later.
     */
    public static boolean hasContent(Path directory) throws IOException {
        for (byte each : bytes(directory)) {
            if (each != 0) {
                return true;
            }
        }
        return false;
    }

    private static byte[] bytes(Path directory) throws IOException {
        try {
            return Files.readAllBytes(directory.resolve(NAME));
        } catch (NoSuchFileException e) {
            return new byte[0];
        }
    }

    /**
     * Whether an id that was read is another, but for one character that a flipped bit may have
     * changed. Ids are random: two topics' differ in nearly all of them.
     */
    public static boolean isSameButForDamage(Uuid read, Uuid id) {
        String text = id.toString();
        String other = read.toString();
        int different = 0;
        for (int i = 0; i < text.length(); i++) {
            different += text.charAt(i) == other.charAt(i) ? 0 : 1;
        }
        return different <= 1;
    }

    private static Uuid damaged(Path directory, Exception why) {
        log.warn("{} names no topic id: {}", directory.resolve(NAME), why.getMessage());
        return Uuid.ZERO_UUID;
    }

    /**
     * Not synced: an empty partition can be made again from the metadata log, and the first flush
     * of a log covers this file too.
     */
    public static void write(Path directory, Uuid topicId) throws IOException {
        CheckpointFile.replace(directory.resolve(NAME), contentOf(topicId), false);
    }

    /**
     * In the place of a file that does not name the topic. Where that one has content, a power cut
     * leaves it or the new one: an empty one would say that nothing of the log was ever durable.
     */
    public static void rewrite(Path directory, Uuid topicId) throws IOException {
        CheckpointFile.replace(directory.resolve(NAME), contentOf(topicId), hasContent(directory));
    }

    private static String contentOf(Uuid topicId) {
        return VERSION_LINE + "\n" + TOPIC_ID + topicId;
    }
}
