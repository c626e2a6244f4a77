package io.takhin.log.journal;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.jspecify.annotations.Nullable;

/**
 * The journal's bytes. All numbers are big endian.
 *
 * <p>Two halves of the same size, each a header block and then entries, one directly behind the
 * other. The header: magic (4), version (4), generation (8), bytes of a half (4), CRC32C of these
 * (4). An entry: CRC32C of all that follows (4), bytes of payload (4), generation (8), kind (1),
 * round (1), bytes of the topic's name (2), topic id (16), partition (4), position in the segment's
 * file (4), base offset of the segment, first and last offset (8 each), the topic's name, the
 * payload. The rounds of a half count from 1 to 255, and over again.
 *
 * <p>What is made durable together ends at a block: a block that was acknowledged is never written
 * again, so nothing acknowledged can tear.
 */
public final class JournalFormat {
    public static final int BLOCK_BYTES = 4096;
    public static final int ENTRY_BYTES = 68;

    private static final int MAGIC = 0x544B484A; // "TKHJ"
    private static final int VERSION = 1;
    private static final int HEADER_BYTES = 24;
    private static final int TOPIC_NAME_BYTES_MAX = 249;
    private static final int ROUNDS = 255;

    private JournalFormat() {}

    public enum Kind {
        /** Not an entry: what zeros would be. */
        NONE(0),
        /** Batches, as the segment's file has them at the position. */
        DATA(1),
        /**
         * The log was cut, and its segments hold durably what is left: entries before this one mean
         * nothing for it any more.
         */
        FORGET(2),
        /** Fills a block. */
        PADDING(3);

        private final byte code;

        Kind(int code) {
            this.code = (byte) code;
        }

        static Kind of(byte code) {
            return switch (code) {
                case 1 -> DATA;
                case 2 -> FORGET;
                case 3 -> PADDING;
                default -> NONE;
            };
        }
    }

    /** What a header block says. */
    sealed interface Header {
        /** Zeros: the half was never made ready. */
        record Missing() implements Header {}

        record Damaged() implements Header {}

        /** A later program's. */
        record Unknown(int version) implements Header {}

        record Valid(long generation, int halfBytes) implements Header {}
    }

    public static ByteBuffer header(long generation, int halfBytes) {
        ByteBuffer block = ByteBuffer.allocate(BLOCK_BYTES);
        block.putInt(MAGIC).putInt(VERSION).putLong(generation).putInt(halfBytes);
        return block.putInt(crc(block, 0, HEADER_BYTES - Integer.BYTES)).rewind();
    }

    static Header parseHeader(ByteBuffer block) {
        if (block.limit() < HEADER_BYTES || isZero(block)) {
            return new Header.Missing();
        }
        int crc = crc(block, 0, HEADER_BYTES - Integer.BYTES);
        if (block.getInt(0) != MAGIC || block.getInt(HEADER_BYTES - Integer.BYTES) != crc) {
            return new Header.Damaged();
        }
        int version = block.getInt(4);
        return version == VERSION
                ? new Header.Valid(block.getLong(8), block.getInt(16))
                : new Header.Unknown(version);
    }

    private static boolean isZero(ByteBuffer block) {
        for (int i = 0; i < block.limit(); i++) {
            if (block.get(i) != 0) {
                return false;
            }
        }
        return true;
    }

    public static int entryBytes(TopicPartition partition, int payloadBytes) {
        return ENTRY_BYTES + partition.topic().length() + payloadBytes;
    }

    /** Where the payload of an entry begins; puts the topic's name before it. */
    public static int putName(ByteBuffer buffer, int at, TopicPartition partition) {
        String topic = partition.topic();
        // Topic names are ASCII.
        for (int i = 0; i < topic.length(); i++) {
            buffer.put(at + ENTRY_BYTES + i, (byte) topic.charAt(i));
        }
        return at + ENTRY_BYTES + topic.length();
    }

    /** Name and payload are there already; closes the entry that begins at a position. */
    public static void putEntry(ByteBuffer buffer, int at, JournalEntry entry) {
        TopicPartition partition = entry.partition();
        buffer.putInt(at + 4, entry.bytes())
                .putLong(at + 8, entry.generation())
                .put(at + 16, entry.kind().code)
                .put(at + 17, (byte) entry.round())
                .putShort(at + 18, (short) partition.topic().length())
                .putLong(at + 20, entry.topicId().getMostSignificantBits())
                .putLong(at + 28, entry.topicId().getLeastSignificantBits())
                .putInt(at + 36, partition.partition())
                .putInt(at + 40, entry.position())
                .putLong(at + 44, entry.segmentBase())
                .putLong(at + 52, entry.firstOffset())
                .putLong(at + 60, entry.lastOffset());
        int end = at + entryBytes(partition, entry.bytes());
        buffer.putInt(at, crc(buffer, at + Integer.BYTES, end));
    }

    /** How many bytes the entry at a position claims to have; 0 where it cannot be one. */
    static int claimedBytes(ByteBuffer buffer, int at) {
        int payload = buffer.getInt(at + 4);
        int name = buffer.getShort(at + 18);
        boolean possible =
                Kind.of(buffer.get(at + 16)) != Kind.NONE
                        && payload >= 0
                        && payload < Integer.MAX_VALUE - ENTRY_BYTES - TOPIC_NAME_BYTES_MAX
                        && name >= 0
                        && name <= TOPIC_NAME_BYTES_MAX;
        return possible ? ENTRY_BYTES + name + payload : 0;
    }

    /** As the bytes at the position claim, of an entry or not. */
    static boolean hasPayload(ByteBuffer buffer, int at) {
        return Kind.of(buffer.get(at + 16)) == Kind.DATA && buffer.getInt(at + 4) > 0;
    }

    /** As the bytes at the position claim; null where they are not all there, or no name. */
    static @Nullable TopicPartition partition(ByteBuffer buffer, int at) {
        int length = buffer.getShort(at + 18);
        if (length <= 0 || at + ENTRY_BYTES + length > buffer.limit()) {
            return null;
        }
        byte[] name = new byte[length];
        buffer.get(at + ENTRY_BYTES, name);
        String topic = new String(name, java.nio.charset.StandardCharsets.US_ASCII);
        return topic.matches("[a-zA-Z0-9._-]+")
                ? new TopicPartition(topic, buffer.getInt(at + 36))
                : null;
    }

    static long generation(ByteBuffer buffer, int at) {
        return buffer.getLong(at + 8);
    }

    /**
     * Reads an entry that is there with all its claimed bytes; null where it is damaged.
     *
     * @param fileOffset where the entry begins in the journal's file
     */
    static @Nullable JournalEntry parseEntry(ByteBuffer buffer, int at, long fileOffset) {
        int bytes = claimedBytes(buffer, at);
        if (buffer.getInt(at) != crc(buffer, at + Integer.BYTES, at + bytes)) {
            return null;
        }
        byte[] name = new byte[buffer.getShort(at + 18)];
        buffer.get(at + ENTRY_BYTES, name);
        return new JournalEntry(
                Kind.of(buffer.get(at + 16)),
                generation(buffer, at),
                Byte.toUnsignedInt(buffer.get(at + 17)),
                new Uuid(buffer.getLong(at + 20), buffer.getLong(at + 28)),
                new TopicPartition(
                        new String(name, java.nio.charset.StandardCharsets.US_ASCII),
                        buffer.getInt(at + 36)),
                buffer.getLong(at + 44),
                buffer.getInt(at + 40),
                buffer.getLong(at + 52),
                buffer.getLong(at + 60),
                buffer.getInt(at + 4),
                fileOffset + ENTRY_BYTES + name.length);
    }

    private static int crc(ByteBuffer buffer, int from, int to) {
        CRC32C crc = new CRC32C();
        ByteBuffer part = buffer.duplicate();
        crc.update(part.limit(to).position(from));
        return (int) crc.getValue();
    }

    public static int nextRound(int round) {
        return round % ROUNDS + 1;
    }

    /** How far apart two entries are that say the same: a sixteenth of a half, at most 16 KiB. */
    public static int spreadBytes(int halfBytes) {
        return Math.min(4 * BLOCK_BYTES, halfBytes / 16);
    }

    public static long roundUp(long bytes) {
        return (bytes + BLOCK_BYTES - 1) & -BLOCK_BYTES;
    }
}
