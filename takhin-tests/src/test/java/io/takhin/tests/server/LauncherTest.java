package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.takhin.tests.harness.FreePorts;
import io.takhin.tests.harness.Program;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command line of the server, and what it says when it cannot start. */
@TakhinOnly
class LauncherTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir private Path home;

    private TakhinSetup setup;

    @BeforeEach
    void aSetup() {
        setup = TakhinSetup.in(home);
    }

    // S15
    @Test
    void tellsItsVersionAndCommit() {
        TakhinProcess process = setup.launchWith("-version");

        assertThat(process.awaitExit(SOON)).isZero();
        assertThat(process.output())
                .matches("Takhin version v\\d+\\.\\d+\\.\\d+ \\(commit: \\w+\\)\\R");
    }

    // S171
    @Test
    void theBuildLeavesTheProgramWhereTheDocumentationSays() throws Exception {
        assertThat(Files.readString(Program.root().resolve("docs/install.md")))
                .contains("mvn -Dfast -DskipTests -pl takhin-broker -am package", "`build/takhin`");

        TakhinProcess process = setup.launch(List.of(Program.built().toString(), "-version"));

        assertThat(process.awaitExit(SOON)).isZero();
        assertThat(process.output()).startsWith("Takhin version v");
        // Not one of an earlier build.
        assertThat(Program.built().resolveSibling("lib/takhin-broker.jar"))
                .hasSameBinaryContentAs(onlyJarOf("takhin-broker"));
    }

    private static Path onlyJarOf(String module) throws IOException {
        try (Stream<Path> made = Files.list(Program.root().resolve(module).resolve("target"))) {
            List<Path> jars = made.filter(file -> file.toString().endsWith(".jar")).toList();
            assertThat(jars).hasSize(1);
            return jars.getFirst();
        }
    }

    // S13, S16, S17
    @Test
    void explainsItsFlags() {
        TakhinProcess process = setup.launchWith("-help");

        assertThat(process.awaitExit(SOON)).isZero();
        assertThat(process.output()).contains("-config", "-data-dir", "-port", "-version");
    }

    @Test
    void anUnknownFlagIsAnErrorThatNamesIt() {
        TakhinProcess process = setup.launchWith("-no-such-flag");

        assertThat(process.awaitExit(SOON)).isNotZero();
        assertThat(process.output()).contains("-no-such-flag");
    }

    // S13
    @Test
    void aConfigurationThatIsNotThereIsNamed() {
        TakhinProcess process = setup.launchWith("-config", "no/such/file.yaml");

        assertThat(process.awaitExit(SOON)).isNotZero();
        assertThat(process.output()).contains("no/such/file.yaml");
    }

    // S13
    @Test
    void theConfigurationMayBeARelativePath() throws IOException {
        Files.copy(Program.shippedConfig(), home.resolve("mine.yaml"));
        List<String> command =
                List.of(
                        Program.launcher().toString(),
                        "-config",
                        "mine.yaml",
                        "-data-dir",
                        "data",
                        "-port",
                        Integer.toString(setup.port()));

        try (TakhinProcess process = setup.launch(command)) {
            process.awaitReady();

            assertThat(setup.dataDirectory()).isDirectory();
        }
    }

    // S16, S17, S18
    @Test
    void aFlagBeatsTheEnvironmentAndTheEnvironmentBeatsTheFile() throws IOException {
        int portOfEnvironment = FreePorts.one();
        Path dataOfEnvironment = home.resolve("data-of-environment");
        TakhinSetup both =
                setup.withEnvironment("TAKHIN_SERVER_PORT", Integer.toString(portOfEnvironment))
                        .withEnvironment("TAKHIN_STORAGE_DATA_DIR", dataOfEnvironment.toString());

        try (TakhinProcess process = both.start()) {
            assertThat(process.isRunning()).isTrue();
            assertThat(setup.dataDirectory()).isDirectory();
            assertThat(dataOfEnvironment).doesNotExist();
        }
    }

    // S24, S55
    @Test
    void theEnvironmentMovesPortAndDirectory() {
        Path data = home.resolve("moved");
        TakhinSetup moved =
                setup.withEnvironment("TAKHIN_SERVER_PORT", Integer.toString(setup.port()))
                        .withEnvironment("TAKHIN_STORAGE_DATA_DIR", data.toString());
        List<String> command =
                List.of(
                        Program.launcher().toString(),
                        "-config",
                        Program.shippedConfig().toString());

        try (TakhinProcess process = moved.launch(command)) {
            process.awaitReady();

            assertThat(data).isDirectory();
        }
    }

    // S177
    @Test
    void aPortInUseIsSaidInTheWordsOperatorsSearchFor() throws IOException {
        try (ServerSocket taken =
                new ServerSocket(setup.port(), 1, InetAddress.getLoopbackAddress())) {
            TakhinProcess process = setup.launch();

            assertThat(process.awaitExit(SOON)).isNotZero();
            assertThat(process.output())
                    .contains("bind: address already in use")
                    .contains(Integer.toString(taken.getLocalPort()));
        }
    }

    // S178
    @Test
    void aDirectoryThatCannotBeMadeIsNamed() throws IOException {
        Path file = Files.createFile(home.resolve("file"));
        TakhinProcess process =
                setup.launch(withDataDirectory(setup.command(), file.resolve("data")));

        assertThat(process.awaitExit(SOON)).isNotZero();
        assertThat(process.output()).contains(file.resolve("data").toString());
    }

    // S178
    @Test
    void aDirectoryThatMayNotBeWrittenIsPermissionDenied() throws IOException {
        Path locked = Files.createDirectory(home.resolve("locked"));
        List<String> command = new ArrayList<>();
        if (System.getProperty("user.name").equals("root")) {
            // Nothing is forbidden to root, so the broker runs as nobody.
            command.addAll(List.of("setpriv", "--reuid=65534", "--clear-groups"));
            Files.setPosixFilePermissions(home, PosixFilePermissions.fromString("rwxrwxrwx"));
            assumeTrue(nobodyMayRun(command), "nobody may not run the launcher here");
        }
        Files.setPosixFilePermissions(locked, PosixFilePermissions.fromString("r-xr-xr-x"));
        command.addAll(withDataDirectory(setup.command(), locked.resolve("data")));

        TakhinProcess process = setup.launch(command);

        assertThat(process.awaitExit(SOON)).isNotZero();
        assertThat(process.output()).contains("permission denied", locked.toString());
    }

    // Section 18, item 15
    @Test
    void aSettingNobodyKnowsIsAnErrorWithItsPlaceAndItsNeighbour() throws IOException {
        Path config = home.resolve("typo.yaml");
        Files.writeString(config, "server:\n  prot: 9092\n");

        TakhinProcess process = setup.launchWith("-config", config.toString());

        assertThat(process.awaitExit(SOON)).isNotZero();
        assertThat(process.output()).contains("server.prot", "typo.yaml", "2", "server.port");
    }

    // S24
    @Test
    void aVariableNobodyKnowsIsAnErrorToo() {
        TakhinProcess process = setup.withEnvironment("TAKHIN_SERVER_PROT", "9092").launch();

        assertThat(process.awaitExit(SOON)).isNotZero();
        assertThat(process.output()).contains("TAKHIN_SERVER_PROT");
    }

    // ADR 59
    @Test
    void aDamagedCacheIsSaidAndPassedOver() throws IOException {
        Path program = copyOfTheProgram();
        damage(program.resolve("takhin.aot"));
        List<String> command = setup.command();
        command.set(0, program.resolve("takhin").toString());

        try (TakhinProcess process = setup.launch(command)) {
            process.awaitReady();

            assertThat(process.recentOutput()).contains("takhin.aot is damaged");
        }
    }

    private Path copyOfTheProgram() throws IOException {
        Path built = Program.root().resolve("build");
        Path copy = home.resolve("program");
        assumeTrue(Files.exists(built.resolve("takhin.aot")), "built without a cache");
        try (Stream<Path> files = Files.walk(built)) {
            for (Path file : files.toList()) {
                Path target = copy.resolve(built.relativize(file).toString());
                Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        return copy;
    }

    /** Some bytes in each of its megabytes, its size and times as they were. */
    private static void damage(Path file) throws IOException {
        FileTime time = Files.getLastModifiedTime(file);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            for (long at = 1 << 20; at < channel.size(); at += 1 << 20) {
                channel.write(ByteBuffer.wrap(new byte[64]), at);
            }
        }
        Files.setLastModifiedTime(file, time);
    }

    private boolean nobodyMayRun(List<String> asNobody) {
        List<String> command = new ArrayList<>(asNobody);
        command.addAll(List.of(Program.launcher().toString(), "-version"));
        return setup.launch(command).awaitExit(SOON) == 0;
    }

    private static List<String> withDataDirectory(List<String> command, Path directory) {
        List<String> changed = new ArrayList<>(command);
        changed.set(changed.indexOf("-data-dir") + 1, directory.toString());
        return changed;
    }
}
