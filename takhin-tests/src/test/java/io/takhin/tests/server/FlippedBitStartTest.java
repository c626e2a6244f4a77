package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.Seeded;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One bit of one file of a whole broker is another than was written: it starts with every topic and
 * sets no data aside, or it does not start and names the file.
 */
@TakhinOnly
class FlippedBitStartTest {
    private static final List<String> TOPICS = List.of("first", "second");
    private static final Duration END_WITHIN = Duration.ofSeconds(20);

    @TempDir private static Path originals;
    @TempDir private Path home;

    private static TakhinSetup setup;

    @BeforeAll
    static void leaveDirectories() throws Exception {
        setup = TakhinSetup.in(originals.resolve("stopped"));
        try (TakhinProcess process = setup.start()) {
            JavaClients clients = new JavaClients(process);
            for (String topic : TOPICS) {
                clients.createTopic(topic, 2);
                clients.fill(topic, 20);
            }
            assertThat(process.stop()).isZero();
        }
        TakhinSetup killed = setup.moved(originals.resolve("killed"), setup.port());
        copy(setup.dataDirectory(), killed.dataDirectory());
        try (TakhinProcess process = killed.start()) {
            for (String topic : TOPICS) {
                new JavaClients(process).fill(topic, 20);
            }
            process.kill();
        }
    }

    @Seeded(runs = 12)
    @Timeout(60)
    void hidesNoTopicAndSetsNothingAside(RandomGenerator random) throws Exception {
        String how = random.nextBoolean() ? "stopped" : "killed";
        TakhinSetup copy = setup.moved(home, setup.port());
        copy(originals.resolve(how).resolve("data"), copy.dataDirectory());
        Path file = anyFile(copy.dataDirectory(), random);
        long bit = random.nextLong(Files.size(file) * 8);
        flip(file, bit);
        String what = "%s: bit %d of %s".formatted(how, bit, home.relativize(file));

        try (TakhinProcess process = copy.launch()) {
            if (comesUp(process)) {
                try (Admin admin = new JavaClients(process).admin()) {
                    assertThat(admin.listTopics().names().get()).as(what).containsAll(TOPICS);
                }
            } else {
                assertThat(process.awaitExit(END_WITHIN)).as(what).isNotZero();
                assertThat(process.output()).as(what).contains(file.toString());
            }
        }
        try (Stream<Path> entries = Files.list(copy.dataDirectory())) {
            assertThat(entries).as(what).noneMatch(entry -> entry.toString().endsWith("-stray"));
        }
    }

    /** Whether it serves clients; else it has ended. */
    private static boolean comesUp(TakhinProcess process) {
        try {
            process.awaitReady();
            return true;
        } catch (AssertionError | RuntimeException e) {
            if (process.isRunning()) {
                throw e;
            }
            return false;
        }
    }

    private static Path anyFile(Path directory, RandomGenerator random) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> all = Files.walk(directory)) {
            for (Path file : all.filter(Files::isRegularFile).sorted().toList()) {
                if (Files.size(file) > 0) {
                    files.add(file);
                }
            }
        }
        return files.get(random.nextInt(files.size()));
    }

    private static void flip(Path file, long bit) throws IOException {
        byte[] bytes = Files.readAllBytes(file);
        bytes[(int) (bit / 8)] ^= (byte) (1 << bit % 8);
        Files.write(file, bytes);
    }

    private static void copy(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Path target = to.resolve(from.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target);
            }
        }
    }
}
