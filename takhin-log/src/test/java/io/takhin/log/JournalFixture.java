package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.log.journal.JournalContents;
import io.takhin.log.journal.JournalFile;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** A data directory whose journal is ready, one log in it, and power cuts. */
abstract class JournalFixture {
    static final TopicPartition ORDERS = new TopicPartition("orders", 0);
    static final int HALF_BYTES = 64 << 10;
    static final FlushRule RULE = new FlushRule(HALF_BYTES, 16 << 10, 32 << 10, 4, 24 << 10);

    @TempDir Path root;
    final ManualClock clock = new ManualClock(Batches.NOW);
    final Uuid topic = Uuid.randomUuid();
    final List<String> written = new ArrayList<>();
    LogDirectory directory;

    @BeforeEach
    void start() throws IOException {
        directory = open();
    }

    @AfterEach
    void stop() {
        directory.close();
    }

    LogDirectory open() throws IOException {
        return LogDirectory.open(root, Directories.settings(Batches.config(), 2), RULE, clock);
    }

    PartitionLog orders() {
        return directory.open(ORDERS, topic, Batches.config());
    }

    FlushBacklog backlog() {
        return directory.groupCommit().backlog();
    }

    void append(String value) {
        PartitionLog log = orders();
        written.add(log.logEndOffset() + "=" + value);
        log.appendAsLeader(Batches.of(value), 0, Origin.CLIENT);
        log.flush();
    }

    /** A log with records in its segment, so that the next ones go to a journal that is ready. */
    void prepare() {
        while (backlog().journalCapacity() < 2 * HALF_BYTES) {
            append("before");
        }
        directory.close();
        reopen();
        append("first in segment");
        assertThat(backlog().journalBytes()).isZero();
    }

    void reopen() {
        try {
            directory = open();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    Path segment() {
        return PartitionFiles.log(root.resolve("orders-0"), 0);
    }

    /** Ends as by a power cut that left so much of the segment. */
    void crash(long segmentBytes) throws IOException {
        directory.abandon();
        try (FileChannel file = FileChannel.open(segment(), StandardOpenOption.WRITE)) {
            file.truncate(segmentBytes);
        }
    }

    void overwrite(Path file, long position, byte[] bytes) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(bytes), position);
        }
    }

    Path journal() {
        return root.resolve(JournalFile.NAME);
    }

    List<String> found() throws IOException {
        return Batches.all(orders());
    }

    /** The half whose first entry has its generation. */
    long startOfUsedHalf() throws IOException {
        JournalContents contents = JournalContents.read(root, HALF_BYTES, false);
        return contents.half(0) instanceof JournalContents.Half.Prepared half && !half.empty()
                ? 0
                : HALF_BYTES;
    }
}
