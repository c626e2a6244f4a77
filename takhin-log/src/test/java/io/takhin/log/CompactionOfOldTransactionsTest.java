package io.takhin.log;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.protocol.BatchHeader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.stream.Stream;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;

/**
 * What was rolled back takes nothing away from what was committed, also where nobody remembers the
 * producer and the transaction index is gone.
 */
class CompactionOfOldTransactionsTest extends CompactionFixture {
    private static final long PRODUCER = 7;

    private void rollBack(String key, String value) {
        SimpleRecord record =
                new SimpleRecord(Batches.NOW, key.getBytes(UTF_8), value.getBytes(UTF_8));
        ByteBuffer batch = Batches.from(Compression.NONE, PRODUCER, 0, 0, true, record);
        append(batch, Origin.CLIENT);
        append(Batches.marker(PRODUCER, 0, ControlRecordType.ABORT, 0), Origin.COORDINATOR);
    }

    private void append(ByteBuffer batch, Origin origin) {
        assertThat(BatchHeader.isTransactional(batch, 0)).isTrue();
        assertThat(log.appendAsLeader(batch, 0, origin)).isInstanceOf(Append.Done.class);
    }

    private void loseTransactionIndexes() throws IOException {
        try (Stream<Path> files = Files.list(log.directory())) {
            for (Path file :
                    files.filter(each -> each.toString().endsWith(PartitionFiles.TRANSACTION_INDEX))
                            .toList()) {
                Files.delete(file);
            }
        }
    }

    @Test
    void aCommittedRecordSurvivesOneThatWasRolledBack() throws IOException {
        write(log, "once", "committed");
        rollBack("once", "rolled back");
        writeTwenty();
        directory.close();
        loseTransactionIndexes();
        clock.advance(Duration.ofDays(400));
        open();
        assertThat(log.activeProducers()).isEmpty();

        CompactionLook look = look(directory, clock);
        look.run();
        look.run();

        assertThat(values(log)).contains("0=committed").doesNotContain("1=rolled back");
        assertThat(values(log)).hasSizeLessThan(20);
    }
}
