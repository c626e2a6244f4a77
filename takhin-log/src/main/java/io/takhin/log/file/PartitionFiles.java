package io.takhin.log.file;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The names of Kafka's files and directories. */
public final class PartitionFiles {
    public static final String LOG = ".log";
    public static final String OFFSET_INDEX = ".index";
    public static final String TIME_INDEX = ".timeindex";
    public static final String TRANSACTION_INDEX = ".txnindex";

    /** The files of one segment, its data first. */
    static final List<String> OF_SEGMENT =
            List.of(LOG, OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX);

    static final String SNAPSHOT = ".snapshot";
    public static final String DELETED = ".deleted";
    public static final String CLEANED = ".cleaned";
    public static final String SWAP = ".swap";
    public static final String TEMPORARY = ".tmp";
    public static final String DELETED_DIRECTORY = "-delete";
    public static final String FUTURE_DIRECTORY = "-future";
    public static final String STRAY_DIRECTORY = "-stray";

    private static final int NAME_BYTES_MAX = 255;
    private static final int OFFSET_DIGITS = 20;

    private PartitionFiles() {}

    public static Path log(Path directory, long baseOffset) {
        return directory.resolve(name(baseOffset, LOG));
    }

    public static Path offsetIndex(Path directory, long baseOffset) {
        return directory.resolve(name(baseOffset, OFFSET_INDEX));
    }

    public static Path timeIndex(Path directory, long baseOffset) {
        return directory.resolve(name(baseOffset, TIME_INDEX));
    }

    public static Path snapshot(Path directory, long offset) {
        return directory.resolve(name(offset, SNAPSHOT));
    }

    public static String name(long offset, String suffix) {
        String digits = Long.toString(offset);
        StringBuilder name = new StringBuilder(OFFSET_DIGITS + suffix.length());
        return name.repeat('0', OFFSET_DIGITS - digits.length())
                .append(digits)
                .append(suffix)
                .toString();
    }

    /** The offset a file is named after; -1 where its name is not an offset and this suffix. */
    public static long offsetOf(String fileName, String suffix) {
        if (fileName.length() != OFFSET_DIGITS + suffix.length() || !fileName.endsWith(suffix)) {
            return -1;
        }
        try {
            return Long.parseLong(fileName.substring(0, OFFSET_DIGITS));
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    /** The offset before the first dot of a name; -1 where none is. */
    public static long leadingOffset(String fileName) {
        int dot = fileName.indexOf('.');
        return dot < 0 ? -1 : offsetOf(fileName.substring(0, dot), "");
    }

    /** The offset of a snapshot of producer state; -1 where the file is none. */
    public static long snapshotOffsetOf(String fileName) {
        return offsetOf(fileName, SNAPSHOT);
    }

    public static String directoryOf(TopicPartition partition) {
        return partition.topic() + "-" + partition.partition();
    }

    /** Null where a directory's name is not that of a partition. */
    public static @Nullable TopicPartition partitionOf(String directoryName) {
        int dash = directoryName.lastIndexOf('-');
        if (dash <= 0 || dash == directoryName.length() - 1) {
            return null;
        }
        try {
            int index = Integer.parseInt(directoryName.substring(dash + 1));
            return index < 0 ? null : new TopicPartition(directoryName.substring(0, dash), index);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** A name that is unique, and that Kafka too knows for a deleted or a stray partition. */
    public static String directoryOf(TopicPartition partition, String directorySuffix) {
        String unique = UUID.randomUUID().toString().replace("-", "");
        String suffix = "-" + partition.partition() + "." + unique + directorySuffix;
        String topic = partition.topic();
        return topic.substring(0, Math.min(topic.length(), NAME_BYTES_MAX - suffix.length()))
                + suffix;
    }
}
