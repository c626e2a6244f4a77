package io.takhin.log.checkpoint;

import io.takhin.log.file.DurablePaths;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Kafka's mark that a data directory was left in order: {@code .kafka_cleanshutdown}, which names
 * the broker epoch at the time (KIP-966).
 */
public final class CleanStop {
    private static final String NAME = ".kafka_cleanshutdown";
    private static final Pattern BROKER_EPOCH = Pattern.compile("\"brokerEpoch\"\\s*:\\s*(-?\\d+)");

    private CleanStop() {}

    public static boolean isMarked(Path root) {
        return Files.exists(root.resolve(NAME));
    }

    /** Empty where the mark is missing, older than broker epochs in it, or damaged. */
    public static OptionalLong brokerEpoch(Path root) throws IOException {
        if (!isMarked(root)) {
            return OptionalLong.empty();
        }
        // Any byte is a character here: a damaged mark is one without an epoch.
        String text = Files.readString(root.resolve(NAME), StandardCharsets.ISO_8859_1);
        Matcher epoch = BROKER_EPOCH.matcher(text);
        return epoch.find()
                ? OptionalLong.of(Long.parseLong(epoch.group(1)))
                : OptionalLong.empty();
    }

    public static void mark(Path root, long brokerEpoch) throws IOException {
        CheckpointFile.replace(
                root.resolve(NAME), "{\"version\":0,\"brokerEpoch\":" + brokerEpoch + "}", true);
        DurablePaths.sync(root);
    }

    /** Durable before anything is written: else a crash later would look like a clean stop. */
    public static void unmark(Path root) throws IOException {
        if (Files.deleteIfExists(root.resolve(NAME))) {
            DurablePaths.sync(root);
        }
    }
}
