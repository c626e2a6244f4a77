package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.SharedFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;

/**
 * S83: of each key the last record stays. What stays exactly, {@link CompactionSameAsKafkaTest}
 * says.
 */
class CompactionTest extends CompactionFixture {
    private CompactionLook look() throws IOException {
        return new CompactionLook(
                directory, Directories.ALL_VISIBLE, clock, Directories.unlimited(clock, MAP_BYTES));
    }

    private List<String> names(String suffix) throws IOException {
        try (Stream<Path> files = Files.list(log.directory())) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void earlierRecordsOfAKeyGoFromClosedSegments() throws IOException {
        writeTwenty();
        long end = log.logEndOffset();

        look().run();

        long active = log.cleaning().view().active().baseOffset();
        List<String> left = values(log);
        assertThat(left).hasSizeLessThan(10).contains("19=v19", "18=v18");
        assertThat(left.stream().filter(text -> offset(text) < active).map(CompactionTest::key))
                .doesNotHaveDuplicates();
        assertThat(log.logEndOffset()).isEqualTo(end);
        assertThat(log.logStartOffset()).isZero();
        assertThat(names(".swap")).isEmpty();
        assertThat(names(".cleaned")).isEmpty();
    }

    private static long offset(String text) {
        return Long.parseLong(text.substring(0, text.indexOf('=')));
    }

    /** Values count on, keys repeat every four. */
    private static long key(String text) {
        return offset(text) % 4;
    }

    @Test
    void aCompactedLogIsTheSameAfterARestart() throws IOException {
        writeTwenty();
        look().run();
        List<String> left = Batches.all(log);
        directory.abandon();

        open();

        assertThat(Batches.all(log)).isEqualTo(left);
        assertThat(log.findByTimestamp(Batches.NOW).offset()).isEqualTo(offset(left.getFirst()));
    }

    @Test
    void whatWasCompactedIsNotLookedAtAgainAfterARestart() throws IOException {
        writeTwenty();
        look().run();
        directory.close();

        open();

        CleaningStatus status = look().status(log);
        assertThat(status.dirtyBytes()).isZero();
        assertThat(OffsetCheckpoint.read(directory.root().resolve("cleaner-offset-checkpoint")))
                .containsEntry(Directories.ORDERS, log.cleaning().view().active().baseOffset());
    }

    @Test
    void aTopicOfTheSameNameBeginsFromItsStart() throws IOException {
        writeTwenty();
        CompactionLook look = look();
        look.run();

        directory.delete(Directories.ORDERS);

        assertThat(OffsetCheckpoint.read(directory.root().resolve("cleaner-offset-checkpoint")))
                .isEmpty();
    }

    @Test
    void segmentsThatARestartWouldStillCheckAreLeftAlone() throws IOException {
        for (int i = 0; i < 20; i++) {
            write(log, "k", "v" + i + ".".repeat(60));
        }
        log.flush();

        look().run();

        assertThat(Batches.all(log)).hasSize(20);
    }

    @Test
    void recordsBehindTheHighWatermarkAreLeftAlone() throws IOException {
        writeTwenty();
        CompactionLook look =
                new CompactionLook(
                        directory, each -> 7, clock, Directories.unlimited(clock, MAP_BYTES));

        look.run();

        assertThat(values(log).stream().filter(text -> offset(text) >= 7)).hasSize(13);
    }

    // A segment that is deleted a second time finds its name taken by what it was before.
    @Test
    void aSegmentIsCompactedAgainBeforeItsOldFilesAreGone() throws IOException {
        for (int round = 0; round < 3; round++) {
            writeTwenty();
            look().run();
            Directories.settle(directory, log);
        }

        assertThat(directory.isOnline()).isTrue();
        assertThat(Batches.all(log)).hasSizeLessThan(12);
    }

    @Test
    void aLogThatIsCleanEnoughIsLeftAlone() throws IOException {
        writeTwenty();
        log.reconfigure(CONFIG.withCleanup(Cleanup.compact(1, 0)));

        look().run();

        assertThat(Batches.all(log)).hasSize(20);
    }

    @Test
    void youngRecordsStay() throws IOException {
        writeTwenty();
        log.reconfigure(CONFIG.withCleanup(Cleanup.compact(0, 0).withLag(1000, Long.MAX_VALUE)));
        CompactionLook look = look();

        look.run();

        assertThat(Batches.all(log)).hasSize(20);
        clock.advance(Duration.ofSeconds(2));
        look.run();
        assertThat(Batches.all(log)).hasSizeLessThan(10);
    }

    @Test
    void noRecordWaitsLongerThanItMay() throws IOException {
        writeTwenty();
        log.reconfigure(CONFIG.withCleanup(Cleanup.compact(1, 0).withLag(0, 1000)));
        CompactionLook look = look();
        clock.advance(Duration.ofSeconds(2));
        assertThat(look.status(log).overdueSeconds()).isEqualTo(1);

        look.run();

        // Also the active segment was closed for it, although nothing is written any more.
        assertThat(values(log)).containsExactly("16=v16", "17=v17", "18=v18", "19=v19");
    }

    @Test
    void aReaderGoesOnWithTheOldFiles() throws IOException {
        writeTwenty();
        LogView before = log.cleaning().view();
        LogRead read = log.read(0, 1 << 20, true, log.logEndOffset());

        look().run();

        assertThat(log.cleaning().view().segments()).isNotEqualTo(before.segments());
        assertThat(Batches.valuesOf(read)).isNotEmpty().first().asString().startsWith("0=v0");
    }

    @Test
    void aReaderWhoseFilesAreGoneTakesTheNewOnes() throws IOException {
        writeTwenty();
        List<LogView> views = new ArrayList<>();

        boolean there =
                log.cleaning()
                        .ask(view -> {
                            views.add(view);
                            if (views.size() == 1) {
                                look().run();
                                for (String old : names(".deleted")) {
                                    Files.delete(log.directory().resolve(old));
                                }
                            }
                            return Files.exists(firstFile(view));
                        });

        assertThat(views).hasSize(2);
        assertThat(there).isTrue();
        assertThat(directory.isOnline()).isTrue();
    }

    private static Path firstFile(LogView view) throws IOException {
        SharedFile file = view.segments().getFirst().file();
        var _ = file.acquire();
        file.release();
        return file.path();
    }

    @Test
    void aLogThatIsDamagedIsLeftAndTheOthersGoOn() throws IOException {
        TopicPartition other = new TopicPartition("others", 0);
        PartitionLog sound =
                directory.open(other, Uuid.fromString("AAAAAAAAAAAAAAAAAAAABA"), CONFIG);
        for (int i = 0; i < 20; i++) {
            write(sound, "k", "v" + i + ".".repeat(60));
        }
        sound.flush();
        writeTwenty();
        flipByte(PartitionFiles.log(log.directory(), 0), 150);
        CompactionLook look = look();

        look.run();

        assertThat(look.status(log).lastError().orElseThrow())
                .contains("batch at offset 1", "wrong checksum");
        assertThat(look.outlook(log)).contains("compaction failed");
        assertThat(Batches.all(sound)).hasSizeLessThan(10);
        assertThat(look.status(sound).lastError()).isEmpty();
        assertThat(directory.isOnline()).isTrue();
        assertThat(names(".cleaned")).isEmpty();
    }

    private static void flipByte(Path file, int position) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[position] ^= 1;
        Files.write(file, bytes);
    }

    @Test
    void aStoppedRunLeavesNothingBehind() throws IOException {
        writeTwenty();
        int[] asked = {0};
        // Once for the look, once for every batch whose keys are noted, and for two more.
        long stopAt = 1 + log.cleaning().view().active().baseOffset() + 2;
        CompactionLook look =
                new CompactionLook(
                        directory,
                        Directories.ALL_VISIBLE,
                        clock,
                        new Compaction.Pace(
                                MAP_BYTES, new Throttle(clock, 0), () -> asked[0]++ >= stopAt));

        look.run();

        assertThat(Batches.all(log)).hasSize(20);
        assertThat(names(".cleaned")).isEmpty();
    }

    @Test
    void theOutlookSaysHowMuchIsDirty() throws IOException {
        writeTwenty();
        CompactionLook look = look();

        assertThat(look.outlook(log)).contains("share 1.00", "min.cleanable.dirty.ratio=0.5");
        look.run();
        assertThat(look.outlook(log)).contains("share 0.00");
    }

    // The crash may come between any two renames.

    /** It may be from another moment than the log, as in a copy of a running broker. S86 */
    @Test
    void anOffsetThatNoCleanStopConfirmsHidesNothing() throws IOException {
        write(log, "x", "old");
        write(log, "x", "new");
        writeTwenty();
        directory.abandon();
        OffsetCheckpoint.write(
                directory.root().resolve(CleanerOffsets.NAME), Map.of(Directories.ORDERS, 12L));
        open();
        writeTwenty();

        look(directory, clock).run();

        assertThat(values(log)).hasSizeLessThan(20).contains("1=new").doesNotContain("0=old");
    }

    @Test
    void aCleanStopBeforeTheFirstRunConfirmsNothing() throws IOException {
        write(log, "x", "old");
        write(log, "x", "new");
        writeTwenty();
        directory.abandon();
        OffsetCheckpoint.write(
                directory.root().resolve(CleanerOffsets.NAME), Map.of(Directories.ORDERS, 12L));
        open();
        look(directory, clock).finish();
        directory.close();
        open();
        writeTwenty();

        look(directory, clock).run();

        assertThat(values(log)).hasSizeLessThan(20).contains("1=new").doesNotContain("0=old");
    }
}
