package io.takhin.log.journal;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/**
 * Walks over the entries of one half, as far as they are whole and of one generation. Behind the
 * first that is not, the last round may be torn: nothing of that was acknowledged. But where an
 * entry of a later round follows, the round before it was durable, and what is not whole is
 * damaged.
 *
 * <p>Threads: one.
 */
final class JournalScanner {
    private static final int BUFFER_BYTES = 1 << 20;

    /** The next round begins at most so far behind: a round is smaller. */
    private static final int SEARCHED_BYTES = 5 << 20;

    private final FileChannel channel;
    private final long end;
    private long generation;
    private ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_BYTES).limit(0);
    private long bufferedFrom;
    private long position;
    private @Nullable JournalEntry last;

    /**
     * What lies between two entries that are whole.
     *
     * @param partition as a part of it says, which may be damaged, too; null where nothing does
     * @param mayHideForget whether it may have said twice that a log was cut
     */
    record Damage(long from, long to, @Nullable TopicPartition partition, boolean mayHideForget) {}

    /**
     * @param generation of the entries; 0 to believe the first one
     * @param from where the first entry begins
     * @param end of the half
     */
    JournalScanner(FileChannel channel, long generation, long from, long end) {
        this.channel = channel;
        this.generation = generation;
        this.position = from;
        this.end = end;
    }

    /** 0 where none was given and there is no entry. */
    long generation() {
        return generation;
    }

    /** Behind the last entry that was returned. */
    long position() {
        return position;
    }

    /** The next entry, or null. */
    @Nullable JournalEntry next() throws IOException {
        if (!load(JournalFormat.ENTRY_BYTES)) {
            return null;
        }
        int bytes = JournalFormat.claimedBytes(buffer, at());
        if (bytes == 0 || !load(bytes)) {
            return null;
        }
        long found = JournalFormat.generation(buffer, at());
        if (found <= 0 || (generation != 0 && found != generation)) {
            return null;
        }
        JournalEntry entry = JournalFormat.parseEntry(buffer, at(), position);
        if (entry != null) {
            generation = found;
            position += bytes;
            last = entry;
        }
        return entry;
    }

    /**
     * Where {@link #next} found nothing: goes on behind what is damaged. Null, and nothing has
     * changed, where that is the end of what was ever durable.
     *
     * @param spreadBytes {@link JournalFormat#spreadBytes}
     */
    @Nullable Damage skipDamage(int spreadBytes) throws IOException {
        long from = position;
        JournalEntry before = last;
        if (generation == 0) {
            return null;
        }
        int claimed =
                load(JournalFormat.ENTRY_BYTES) ? JournalFormat.claimedBytes(buffer, at()) : 0;
        TopicPartition named = claimed == 0 ? null : JournalFormat.partition(buffer, at());
        boolean data = claimed > 0 && JournalFormat.hasPayload(buffer, at());
        long to = -1;
        long limit = Math.min(end, from + SEARCHED_BYTES);
        for (long at = from + 1; at < limit; at = Math.max(at + 1, position)) {
            position = at;
            boolean maybe =
                    load(JournalFormat.ENTRY_BYTES)
                            && JournalFormat.generation(buffer, at()) == generation;
            for (JournalEntry entry = maybe ? next() : null; entry != null; entry = next()) {
                to = to < 0 ? at : to;
                if (isLater(entry.round(), before, from)) {
                    position = to;
                    last = before;
                    boolean known = data && to == from + claimed;
                    return new Damage(from, to, named, !known && to - from >= spreadBytes / 2);
                }
            }
        }
        position = from;
        last = before;
        return null;
    }

    /**
     * Whether a round comes after the one in which the entry behind another one is, or would be.
     */
    private static boolean isLater(int round, @Nullable JournalEntry before, long from) {
        if (round == 0) {
            return false;
        }
        if (before == null) {
            return round != 1;
        }
        boolean mayHaveEnded =
                before.kind() == JournalFormat.Kind.PADDING
                        || from % JournalFormat.BLOCK_BYTES == 0;
        return round != before.round()
                && !(mayHaveEnded && round == JournalFormat.nextRound(before.round()));
    }

    private int at() {
        return (int) (position - bufferedFrom);
    }

    /** Whether so many bytes are there at the position. */
    private boolean load(int bytes) throws IOException {
        if (position + bytes > end) {
            return false;
        }
        if (position >= bufferedFrom && at() + bytes <= buffer.limit()) {
            return true;
        }
        if (bytes > buffer.capacity()) {
            buffer = ByteBuffer.allocateDirect(bytes);
        }
        buffer.clear().limit((int) Math.min(buffer.capacity(), end - position));
        bufferedFrom = position;
        while (buffer.hasRemaining()
                && channel.read(buffer, bufferedFrom + buffer.position()) > 0) {}
        buffer.flip();
        return buffer.limit() >= bytes;
    }
}
