package io.takhin.metadata;

import io.takhin.log.StorageShortageException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.CRC32C;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.raft.ElectionState;
import org.apache.kafka.raft.QuorumStateStore;
import org.apache.kafka.raft.generated.QuorumStateData;
import org.apache.kafka.server.common.KRaftVersion;

/**
 * The file {@code quorum-state}: for whom this node voted, in which epoch. A vote counts only when
 * it is on the disk, or the node could vote twice after a crash.
 *
 * <p>One line of JSON, as Kafka writes it (KIP-595; with the voted directory since KIP-853). It has
 * a fixed, flat shape, so no JSON library is needed.
 *
 * <p>Threads: the Raft thread only.
 */
final class VoteFile implements QuorumStateStore {
    static final String NAME = "quorum-state";

    private static final Pattern VOTER = Pattern.compile("\"voterId\"\\s*:\\s*(-?\\d+)");

    private static final String CHECKSUM = ",\"crc32c\":\"";

    private final Path directory;
    private final Path file;
    private final DiskRoom room;

    VoteFile(Path metadataDirectory) {
        this(metadataDirectory, new DiskRoom(metadataDirectory));
    }

    /**
     * @param room where a vote waits when the disk is full
     */
    VoteFile(Path metadataDirectory, DiskRoom room) {
        this.room = room;
        directory = metadataDirectory;
        file = metadataDirectory.resolve(NAME);
    }

    @Override
    public Optional<ElectionState> readElectionState() {
        try {
            if (Files.notExists(file)) {
                return Optional.empty();
            }
            return Optional.of(ElectionState.fromQuorumStateData(parse(text())));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read the vote in " + file, e);
        }
    }

    /**
     * The voters that a quorum of static voters had; none where they are in the log, or unknown.
     */
    Set<Integer> staticVoters() throws IOException {
        if (Files.notExists(file)) {
            return Set.of();
        }
        return parse(text()).currentVoters().stream()
                .map(QuorumStateData.Voter::voterId)
                .collect(Collectors.toUnmodifiableSet());
    }

    /** It has no other characters than these; a damaged byte is one too. */
    private String text() throws IOException {
        return Files.readString(file, StandardCharsets.ISO_8859_1);
    }

    @Override
    public void writeElectionState(ElectionState latest, KRaftVersion kraftVersion) {
        short version = kraftVersion.quorumStateVersion();
        String json = withChecksum(render(latest.toQuorumStateData(version), version));
        Path temporary = file.resolveSibling(NAME + ".tmp");
        room.write(() -> replace(temporary, json));
    }

    /** Whatever is needed is open before the vote has its place: where it is not, this waits. */
    private void replace(Path temporary, String json) {
        try (FileChannel names = FileChannel.open(directory, StandardOpenOption.READ)) {
            writeDurably(temporary, json);
            publish(temporary, names);
        } catch (IOException e) {
            if (StorageShortageException.isSaidBy(e)) {
                throw new StorageShortageException("the vote cannot be written", e);
            }
            throw new UncheckedIOException("cannot write the vote to " + temporary, e);
        }
    }

    private void publish(Path temporary, FileChannel names) {
        try {
            Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
            names.force(true);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot write the vote to " + file, e);
        }
    }

    @Override
    public Path path() {
        return file;
    }

    @Override
    public void clear() {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot delete " + file, e);
        }
    }

    private QuorumStateData parse(String json) throws IOException {
        if (isDamaged(json)) {
            throw new IOException(
                    "%s is damaged: its checksum is another. Restore it. A node alone can do without: delete it; one among others may vote twice then: delete %s, and it fetches the metadata again"
                            .formatted(file, directory));
        }
        long version = number(json, "data_version");
        if (version < 0 || version > 1) {
            throw new IOException("unknown data_version " + version + " in " + file);
        }
        QuorumStateData data =
                new QuorumStateData()
                        .setLeaderId((int) number(json, "leaderId"))
                        .setLeaderEpoch((int) number(json, "leaderEpoch"))
                        .setVotedId((int) number(json, "votedId"));
        if (version == 0) {
            data.setCurrentVoters(
                    VOTER.matcher(json)
                            .results()
                            .map(found -> Integer.parseInt(found.group(1)))
                            .map(id -> new QuorumStateData.Voter().setVoterId(id))
                            .collect(Collectors.toList()));
        } else {
            data.setVotedDirectoryId(Uuid.fromString(text(json, "votedDirectoryId")));
        }
        return data;
    }

    /** Kafka writes no checksum, and reads over this one. */
    private static boolean isDamaged(String json) {
        int at = json.indexOf(CHECKSUM);
        return at >= 0 && !json.strip().equals(withChecksum(json.substring(0, at)));
    }

    private static String withChecksum(String fields) {
        CRC32C crc = new CRC32C();
        crc.update(fields.getBytes(StandardCharsets.ISO_8859_1));
        return fields + CHECKSUM + HexFormat.of().toHexDigits((int) crc.getValue()) + "\"}";
    }

    private static String render(QuorumStateData data, short version) {
        String vote =
                "\"leaderId\":"
                        + data.leaderId()
                        + ",\"leaderEpoch\":"
                        + data.leaderEpoch()
                        + ",\"votedId\":"
                        + data.votedId();
        if (version == 0) {
            String voters =
                    data.currentVoters().stream()
                            .map(voter -> "{\"voterId\":" + voter.voterId() + "}")
                            .collect(Collectors.joining(","));
            return "{\"clusterId\":\"\","
                    + vote
                    + ",\"appliedOffset\":0,\"currentVoters\":["
                    + voters
                    + "],\"data_version\":0";
        }
        return "{"
                + vote
                + ",\"votedDirectoryId\":\""
                + data.votedDirectoryId()
                + "\",\"data_version\":"
                + version;
    }

    private long number(String json, String field) throws IOException {
        return Long.parseLong(value(json, field, "(-?\\d+)"));
    }

    private String text(String json, String field) throws IOException {
        return value(json, field, "\"([^\"]*)\"");
    }

    private String value(String json, String field, String shape) throws IOException {
        Matcher found = Pattern.compile('"' + field + "\"\\s*:\\s*" + shape).matcher(json);
        if (!found.find()) {
            throw new IOException("no " + field + " in " + file + ": " + json);
        }
        return found.group(1);
    }

    /** Returns when the content is on the disk; the name may not be. */
    static void writeDurably(Path target, String content) throws IOException {
        try (FileChannel channel =
                FileChannel.open(
                        target,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.TRUNCATE_EXISTING,
                        StandardOpenOption.WRITE)) {
            ByteBuffer bytes = StandardCharsets.UTF_8.encode(content);
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            channel.force(true);
        }
    }

    /** A rename is on the disk only when its directory is. */
    static void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
