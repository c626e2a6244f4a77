package io.takhin.testkit.disk;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystem;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.spi.FileSystemProvider;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class SimulatedDiskTest {
    private static final int TRIES = 200;

    private static SimulatedDisk disk(long seed) {
        return new SimulatedDisk(new SplittableRandom(seed));
    }

    private static void write(Path file, String text, boolean sync) throws IOException {
        try (FileChannel channel =
                FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            channel.write(ByteBuffer.wrap(text.getBytes(UTF_8)), channel.size());
            if (sync) {
                channel.force(true);
            }
        }
    }

    private static void sync(Path path) throws IOException {
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    private static void cutPower(SimulatedDisk disk) {
        disk.cutPower();
        disk.restart();
    }

    @Test
    void whatItCannotDoIsRefused() throws IOException {
        Path root = disk(1).root();
        Path file = root.resolve("file");
        write(file, "text", true);
        FileSystem fileSystem = root.getFileSystem();
        FileSystemProvider provider = fileSystem.provider();
        URI address = URI.create("simulated:///file");
        try (FileChannel channel = FileChannel.open(file)) {
            refuses("no pages", () -> channel.map(FileChannel.MapMode.READ_ONLY, 0, 1));
        }
        refuses("stays open", fileSystem::close);
        refuses("no owners", fileSystem::getUserPrincipalLookupService);
        refuses("nobody watches", fileSystem::newWatchService);
        refuses("nobody watches", () -> file.register(null));
        refuses("no real file", file::toFile);
        refuses("made by its test", () -> provider.newFileSystem(address, Map.of()));
        refuses("no address", () -> provider.getFileSystem(address));
        refuses("no address", () -> provider.getPath(address));
        refuses("copy what is read", () -> provider.copy(file, root.resolve("copy")));
        refuses("posix", () -> Files.readAttributes(file, "posix:*"));
        refuses("posix", () -> Files.setAttribute(file, "posix:group", "none"));
        refuses("posix", () -> Files.getFileStore(file).getAttribute("posix"));
        Files.createDirectory(root.resolve("other"));
        refuses("another directory", () -> Files.move(file, root.resolve("other/file")));
        assertThat(Files.readString(file)).isEqualTo("text");
    }

    private static void refuses(String why, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOf(UnsupportedOperationException.class)
                .hasMessageContaining(why);
    }

    @Test
    void whatIsSyncedSurvives() throws IOException {
        for (int seed = 0; seed < TRIES; seed++) {
            SimulatedDisk disk = disk(seed);
            Path file = disk.root().resolve("file");
            write(file, "synced", true);
            sync(disk.root());

            cutPower(disk);

            assertThat(Files.readString(file)).isEqualTo("synced");
        }
    }

    @Test
    void aNameThatIsNotSyncedMayVanish() throws IOException {
        Set<Boolean> found = new HashSet<>();
        for (int seed = 0; seed < TRIES; seed++) {
            SimulatedDisk disk = disk(seed);
            Path file = disk.root().resolve("file");
            write(file, "synced", true);

            cutPower(disk);

            found.add(Files.exists(file));
        }
        assertThat(found).containsExactlyInAnyOrder(true, false);
    }

    @Test
    void sectorsAndSizeReachTheDiskInAnyOrder() throws IOException {
        String three = "a".repeat(512) + "b".repeat(512) + "c".repeat(512);
        Set<String> found = new HashSet<>();
        for (int seed = 0; seed < TRIES; seed++) {
            SimulatedDisk disk = disk(seed);
            Path file = disk.root().resolve("file");
            write(file, "", true);
            sync(disk.root());
            write(file, three, false);

            cutPower(disk);

            String left = Files.readString(file).replaceAll("(.)\\1+", "$1");
            found.add(left.replace('\0', '-'));
        }
        assertThat(found).contains("", "abc", "a", "-b-", "-c", "a-c").doesNotContain("ba");
    }

    @Test
    void whatWasWrittenOverMayBeThereAgain() throws IOException {
        Set<String> found = new HashSet<>();
        for (int seed = 0; seed < TRIES; seed++) {
            SimulatedDisk disk = disk(seed);
            Path file = disk.root().resolve("file");
            write(file, "first", true);
            sync(disk.root());
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
                channel.truncate(2);
                channel.write(ByteBuffer.wrap("ve".getBytes(UTF_8)), 2);
            }

            cutPower(disk);

            found.add(Files.readString(file));
        }
        assertThat(found).contains("first", "five", "fi", "firs");
    }

    @Test
    void aRenameIsThereOrNotButNeverHalf() throws IOException {
        Set<List<String>> found = new HashSet<>();
        for (int seed = 0; seed < TRIES; seed++) {
            SimulatedDisk disk = disk(seed);
            Path file = disk.root().resolve("file");
            write(file, "new", true);
            write(disk.root().resolve("other"), "old", true);
            sync(disk.root());
            Files.move(file, disk.root().resolve("other"), StandardCopyOption.ATOMIC_MOVE);

            cutPower(disk);

            found.add(contents(disk));
        }
        assertThat(found).containsExactlyInAnyOrder(List.of("new", "old"), List.of("new"));
    }

    private static List<String> contents(SimulatedDisk disk) throws IOException {
        List<String> contents = new ArrayList<>();
        try (var files = Files.newDirectoryStream(disk.root())) {
            for (Path file : files) {
                contents.add(Files.readString(file));
            }
        }
        return contents;
    }

    @Test
    void afterAFailedSyncNoLaterOneBringsTheBytesToTheDisk() throws IOException {
        Set<String> found = new HashSet<>();
        for (int seed = 0; seed < TRIES; seed++) {
            SimulatedDisk disk = disk(seed);
            Path file = disk.root().resolve("file");
            write(file, "", true);
            sync(disk.root());
            write(file, "lost", false);
            disk.failAfter(SimulatedDisk.Call.SYNC, 0);
            assertThatThrownBy(() -> sync(file)).hasMessageContaining("Input/output error");
            assertThat(Files.readString(file)).isEqualTo("lost");
            disk.restart();
            sync(file);

            cutPower(disk);

            found.add(Files.readString(file));
        }
        // The size is known then, and the bytes are zeros.
        assertThat(found).containsExactlyInAnyOrder("\0\0\0\0", "lost");
    }

    @Test
    void nothingWorksWithoutPower() throws IOException {
        SimulatedDisk disk = disk(1);
        Path file = disk.root().resolve("file");
        disk.cutPowerAfter(2);

        write(file, "written", false);

        assertThatThrownBy(() -> sync(file)).hasMessageContaining("power");
        assertThatThrownBy(() -> Files.readString(file)).hasMessageContaining("power");
        assertThat(disk.isOut()).isTrue();
    }

    @Test
    void aFullDiskTakesWhatFits() {
        SimulatedDisk disk = disk(1);
        Path file = disk.root().resolve("file");
        disk.leaveFree(3);

        assertThatThrownBy(() -> Files.writeString(file, "written"))
                .hasMessageContaining("No space left on device");

        assertThat(file).content().isEqualTo("wri");
    }

    @Test
    void theSameSeedLeavesTheSame() throws IOException {
        assertThat(leftWithSeed(7)).isEqualTo(leftWithSeed(7));
    }

    private static String leftWithSeed(long seed) throws IOException {
        SimulatedDisk disk = disk(seed);
        Path file = disk.root().resolve("file");
        write(file, "", true);
        sync(disk.root());
        write(file, "x".repeat(20_000), false);
        cutPower(disk);
        return Files.readString(file);
    }
}
