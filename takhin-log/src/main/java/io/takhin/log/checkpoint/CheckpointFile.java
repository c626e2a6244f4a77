package io.takhin.log.checkpoint;

import io.takhin.log.file.DeadFiles;
import io.takhin.log.file.PartitionFiles;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Kafka's small text files: a version, the number of entries, one entry a line. Always replaced as
 * a whole, so that a reader sees the old or the new one.
 *
 * <p>Threads: one writes at a time.
 */
public final class CheckpointFile {
    private static final String VERSION = "0";

    private CheckpointFile() {}

    /**
     * Reads the entries' words; none where there is no file.
     *
     * @param words how many each entry has
     * @throws DamagedFileException when the file is not what was written
     */
    public static List<String[]> read(Path path, int words) throws IOException {
        List<String> lines;
        try {
            lines = Files.readString(path, StandardCharsets.UTF_8).lines().toList();
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (CharacterCodingException e) {
            throw new DamagedFileException(path + " is no text", e);
        }
        if (lines.isEmpty()) {
            return List.of();
        }
        if (!lines.getFirst().equals(VERSION) || lines.size() < 2) {
            throw new DamagedFileException(path + " has an unknown version or no entry count");
        }
        List<String[]> entries = new ArrayList<>(lines.size() - 2);
        for (String line : lines.subList(2, lines.size())) {
            String[] entry = wordsOf(line, words);
            if (entry.length != words) {
                throw new DamagedFileException(path + " has a malformed line: " + line);
            }
            entries.add(entry);
        }
        if (!lines.get(1).equals(Integer.toString(entries.size()))) {
            throw new DamagedFileException(
                    path + " names " + lines.get(1) + " entries and has others");
        }
        return entries;
    }

    /** One space is between them, as a rule: that takes no regular expression. */
    private static String[] wordsOf(String line, int expected) {
        String[] words = line.split(" ", -1);
        return words.length == expected ? words : line.split("\\s+", -1);
    }

    /** The bytes are not what was written. */
    public static final class DamagedFileException extends IOException {
        private static final long serialVersionUID = 1L;

        public DamagedFileException(String message) {
            super(message);
        }

        public DamagedFileException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** Writes entries, one line each; on disk when {@code sync} is set. */
    public static void write(Path path, List<String> entries, boolean sync) throws IOException {
        StringBuilder text = new StringBuilder(16 + entries.size() * 24);
        text.append(VERSION).append('\n').append(entries.size()).append('\n');
        entries.forEach(entry -> text.append(entry).append('\n'));
        replace(path, text.toString(), sync);
    }

    /** Puts a new file in the place of an old one, in one step. */
    static void replace(Path path, String text, boolean sync) throws IOException {
        Path temporary = path.resolveSibling(path.getFileName() + PartitionFiles.TEMPORARY);
        try {
            write(temporary, text, sync);
        } catch (IOException e) {
            DeadFiles.discard(List.of(temporary));
            throw e;
        }
        Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void write(Path file, String text, boolean sync) throws IOException {
        try (FileChannel channel =
                FileChannel.open(
                        file,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            if (sync) {
                channel.force(true);
            }
        }
    }
}
