package io.takhin.log;

import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** The names of Kafka's files and directories. */
final class PartitionFiles {
    static final String LOG = ".log";
    static final String OFFSET_INDEX = ".index";
    static final String TIME_INDEX = ".timeindex";
    static final String TRANSACTION_INDEX = ".txnindex";

    /** The files of one segment, its data first. */
    static final List<String> OF_SEGMENT =
            List.of(LOG, OFFSET_INDEX, TIME_INDEX, TRANSACTION_INDEX);

    static final String SNAPSHOT = ".snapshot";
    static final String DELETED = ".deleted";
    static final String CLEANED = ".cleaned";
    static final String SWAP = ".swap";
    static final String TEMPORARY = ".tmp";
    static final String DELETED_DIRECTORY = "-delete";
    static final String FUTURE_DIRECTORY = "-future";
    static final String STRAY_DIRECTORY = "-stray";

    private static final int NAME_BYTES_MAX = 255;
    private static final int OFFSET_DIGITS = 20;

    private PartitionFiles() {}

    static Path log(Path directory, long baseOffset) {
        return directory.resolve(name(baseOffset, LOG));
    }

    static Path offsetIndex(Path directory, long baseOffset) {
        return directory.resolve(name(baseOffset, OFFSET_INDEX));
    }

    static Path timeIndex(Path directory, long baseOffset) {
        return directory.resolve(name(baseOffset, TIME_INDEX));
    }

    static Path snapshot(Path directory, long offset) {
        return directory.resolve(name(offset, SNAPSHOT));
    }

    static String name(long offset, String suffix) {
        String digits = Long.toString(offset);
        StringBuilder name = new StringBuilder(OFFSET_DIGITS + suffix.length());
        return name.repeat('0', OFFSET_DIGITS - digits.length())
                .append(digits)
                .append(suffix)
                .toString();
    }

    /** The offset a file is named after; -1 where its name is not an offset and this suffix. */
    static long offsetOf(String fileName, String suffix) {
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
    static long leadingOffset(String fileName) {
        int dot = fileName.indexOf('.');
        return dot < 0 ? -1 : offsetOf(fileName.substring(0, dot), "");
    }

    /** The offset of a snapshot of producer state; -1 where the file is none. */
    static long snapshotOffsetOf(String fileName) {
        return offsetOf(fileName, SNAPSHOT);
    }

    static String directoryOf(TopicPartition partition) {
        return partition.topic() + "-" + partition.partition();
    }

    /** Null where a directory's name is not that of a partition. */
    static @Nullable TopicPartition partitionOf(String directoryName) {
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
    static String directoryOf(TopicPartition partition, String directorySuffix) {
        String unique = UUID.randomUUID().toString().replace("-", "");
        String suffix = "-" + partition.partition() + "." + unique + directorySuffix;
        String topic = partition.topic();
        return topic.substring(0, Math.min(topic.length(), NAME_BYTES_MAX - suffix.length()))
                + suffix;
    }
}
