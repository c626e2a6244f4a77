package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.ManualClock;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a log lets go of while nobody uses it, and finds again. */
class RestTest {
    private static final LogConfig CONFIG = Batches.config(2000, 100);

    @TempDir Path home;

    private LogDirectory open(String name) throws IOException {
        return Directories.open(home.resolve(name), CONFIG, new ManualClock(Batches.NOW));
    }

    private static PartitionLog written(LogDirectory directory, int count) {
        PartitionLog log = Directories.orders(directory, CONFIG);
        for (int i = 0; i < count; i++) {
            append(log, i);
        }
        return log;
    }

    private static void append(PartitionLog log, int number) {
        log.appendAsLeader(Batches.of("v" + number + ".".repeat(80)), 0, Origin.CLIENT);
    }

    private static void rest(LogDirectory directory) throws IOException {
        // Closed is what was not used since the time before.
        directory.letRest();
        directory.letRest();
    }

    private static List<Segment> segments(PartitionLog log) {
        return log.cleaning().view().segments();
    }

    @Test
    void aLogAtRestKeepsNoIndexInMemoryAndFindsEverything() throws IOException {
        try (LogDirectory directory = open("data")) {
            PartitionLog log = written(directory, 40);
            List<String> before = Batches.all(log);
            FoundOffset first = log.findByTimestamp(Batches.NOW - 30_000);
            Directories.settle(directory, log);

            rest(directory);

            assertThat(segments(log)).hasSizeGreaterThan(2).noneMatch(Segment::mayRest);
            assertThat(Batches.all(log)).hasSize(40).isEqualTo(before);
            assertThat(log.findByTimestamp(Batches.NOW - 30_000)).isEqualTo(first);
        }
    }

    @Test
    void whatOfAnIndexIsInNoFileYetStays() throws IOException {
        try (LogDirectory directory = open("data")) {
            PartitionLog log = written(directory, 5);

            rest(directory);

            Segment active = segments(log).getLast();
            assertThat(active.file().isOpen()).isFalse();
            assertThat(active.offsets().floor(4).offset()).isPositive();
        }
    }

    @Seeded(runs = 60)
    void theFilesOfALogThatRestedAreThoseOfOneThatDidNot(RandomGenerator random)
            throws IOException {
        String name = Long.toHexString(random.nextLong());
        try (LogDirectory restless = open(name + "-restless");
                LogDirectory resting = open(name + "-resting")) {
            PartitionLog one = Directories.orders(restless, CONFIG);
            PartitionLog other = Directories.orders(resting, CONFIG);
            for (int i = 0; i < 60; i++) {
                switch (random.nextInt(8)) {
                    case 0 -> {
                        long offset = random.nextLong(one.logEndOffset() + 1);
                        one.truncateTo(offset);
                        other.truncateTo(offset);
                    }
                    case 1 -> {
                        Directories.settle(restless, one);
                        Directories.settle(resting, other);
                    }
                    case 2, 3 -> rest(resting);
                    default -> {
                        append(one, i);
                        append(other, i);
                    }
                }
            }
            assertThat(Batches.all(other)).isEqualTo(Batches.all(one));
        }
        assertThat(segmentFiles(name + "-resting")).isEqualTo(segmentFiles(name + "-restless"));
    }

    private Map<String, String> segmentFiles(String name) throws IOException {
        Map<String, String> contents = new TreeMap<>();
        try (Stream<Path> files = Files.list(home.resolve(name).resolve("orders-0"))) {
            for (Path file : files.filter(RestTest::isOfASegment).toList()) {
                contents.put(
                        file.getFileName().toString(),
                        HexFormat.of().formatHex(Files.readAllBytes(file)));
            }
        }
        return contents;
    }

    private static boolean isOfASegment(Path file) {
        return Stream.of(PartitionFiles.LOG, PartitionFiles.OFFSET_INDEX, PartitionFiles.TIME_INDEX)
                .anyMatch(file.toString()::endsWith);
    }

    @Test
    void whoWritesAndReadsWhileItComesToRestFindsEverything() throws Exception {
        AtomicBoolean done = new AtomicBoolean();
        try (LogDirectory directory = open("data")) {
            PartitionLog log = Directories.orders(directory, CONFIG);
            Thread resting = Thread.ofPlatform().start(() -> restUntil(done, directory));
            try {
                for (int i = 0; i < 1500; i++) {
                    append(log, i);
                    if (i % 7 == 0) {
                        Directories.settle(directory, log);
                    }
                    if (i % 50 == 49) {
                        log.truncateTo(log.logEndOffset() - 3);
                    }
                    long asked = Math.floorMod(i * 31L, log.logEndOffset());
                    assertThat(readAt(log, asked)).startsWith(asked + "=v");
                }
            } finally {
                done.set(true);
                resting.join();
            }
            assertThat(Batches.all(log)).hasSize(1500 - 30 * 3);
        }
    }

    private static String readAt(PartitionLog log, long offset) throws IOException {
        LogRead read = log.read(offset, 1, true, Long.MAX_VALUE);
        return Batches.valuesOf(read).getFirst();
    }

    private static void restUntil(AtomicBoolean done, LogDirectory directory) {
        try {
            while (!done.get()) {
                directory.letRest();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
