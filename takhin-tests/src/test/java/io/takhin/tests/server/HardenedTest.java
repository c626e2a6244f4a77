package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.Program;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program in what a hardened systemd unit leaves of a system: an unprivileged user without new
 * privileges and without a home, nothing writable but its directories for data and logs. Stricter
 * than the unit in one point: {@code /tmp} cannot be written either. Needs root and {@code
 * unshare}.
 */
// S22
@TakhinOnly
class HardenedTest {
    private static final Duration SOON = Duration.ofSeconds(20);

    /** Arguments: what may be written, then the command. Flags are of this mount namespace only. */
    private static final String JAIL =
            """
            set -eu
            writable=$1; shift
            mount --bind "$writable" "$writable"
            while read -r _ target type _; do
                case $type in ext*|xfs|btrfs|overlay|tmpfs)
                    [[ $target == "$writable" ]] || mount -o remount,bind,ro "$target" || true;;
                esac
            done < /proc/self/mounts
            export HOME=/nonexistent
            exec setpriv --reuid=65534 --regid=65534 --clear-groups --no-new-privs "$@"
            """;

    @TempDir private Path home;

    private TakhinSetup setup;
    private Path writable;

    @BeforeEach
    void aJail() throws IOException {
        setup = TakhinSetup.in(home);
        writable = Files.createDirectory(home.resolve("writable"));
        Path logs = Files.createDirectory(writable.resolve("logs"));
        for (Path open : List.of(home, writable, logs)) {
            Files.setPosixFilePermissions(open, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        assumeTrue(System.getProperty("user.name").equals("root"), "needs root");
        assumeTrue(
                jailed(List.of(Program.launcher().toString(), "-version")).awaitExit(SOON) == 0,
                "no mount namespace, or nobody may not read the program here");
    }

    @Test
    void itServesWritingNowhereElse() throws Exception {
        Path log = writable.resolve("logs").resolve("takhin.log");
        TakhinSetup logging = setup.withEnvironment("TAKHIN_LOGGING_OUTPUT_PATH", log.toString());
        TopicPartition partition = new TopicPartition(Fresh.name("hardened"), 0);

        try (TakhinProcess process = jailed(logging, server(writable.resolve("data")))) {
            process.awaitReady();
            JavaClients clients = new JavaClients(process);
            clients.fill(partition.topic(), 20, "compression.type", "zstd");

            assertThat(clients.readAll(partition, 20)).hasSize(20);
            assertThat(process.stop()).isZero();
        }
        assertThat(log).isNotEmptyFile();
    }

    // S178
    @Test
    void aDataDirectoryOutsideIsRefusedByName() {
        Path outside = home.resolve("outside");

        TakhinProcess process = jailed(server(outside));

        assertThat(process.awaitExit(SOON)).isNotZero();
        assertThat(process.output()).contains("read-only", outside.toString());
    }

    private List<String> server(Path data) {
        List<String> command = new ArrayList<>(setup.command());
        command.set(command.indexOf("-data-dir") + 1, data.toString());
        return command;
    }

    private TakhinProcess jailed(List<String> command) {
        return jailed(setup, command);
    }

    private TakhinProcess jailed(TakhinSetup in, List<String> command) {
        List<String> jailed =
                new ArrayList<>(
                        List.of(
                                "unshare",
                                "--mount",
                                "bash",
                                "-c",
                                JAIL,
                                "jail",
                                writable.toString()));
        jailed.addAll(command);
        return in.launch(jailed);
    }
}
