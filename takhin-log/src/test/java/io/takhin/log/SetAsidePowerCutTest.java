package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.file.PartitionFiles;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** A log that no topic owns is kept for whoever wants its records: all of them. */
class SetAsidePowerCutTest extends PowerCutFixture {
    @Seeded(runs = 20)
    void whatIsSetAsideIsOnTheDisk(RandomGenerator random) throws IOException {
        start(random);
        append("a");
        settle();
        fill(3);
        List<Long> sizes = segments().stream().map(segment -> (long) segment.size()).toList();

        directory.setAside(Directories.ORDERS);
        disk().cutPower();
        directory.abandon();
        disk().restart();

        assertThat(sizesOf(keptDirectory())).isEqualTo(sizes);
    }

    /** Under the one name or the other. */
    private Path keptDirectory() throws IOException {
        try (Stream<Path> entries = Files.list(directory.root())) {
            return entries.filter(path -> path.getFileName().toString().startsWith("orders-0"))
                    .findAny()
                    .orElseThrow();
        }
    }

    private static List<Long> sizesOf(Path partition) throws IOException {
        try (Stream<Path> files = Files.list(partition)) {
            return files.filter(file -> file.toString().endsWith(PartitionFiles.LOG))
                    .sorted()
                    .map(SetAsidePowerCutTest::sizeOf)
                    .toList();
        }
    }

    private static long sizeOf(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
