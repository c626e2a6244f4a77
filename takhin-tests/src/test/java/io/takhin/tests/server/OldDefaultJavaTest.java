package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Program;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The {@code java} that is found first is Java 17, and a newer one is somewhere else. */
@TakhinOnly
class OldDefaultJavaTest {
    @TempDir private Path home;
    private Path java17;
    private Path wasRun;

    @BeforeEach
    void aJava17() throws IOException {
        java17 = home.resolve("java-17");
        wasRun = home.resolve("was-run");
        Path bin = Files.createDirectories(java17.resolve("bin"));
        Files.writeString(java17.resolve("release"), "JAVA_VERSION=\"17.0.12\"\n");
        for (String program : new String[] {"java", "javac"}) {
            Path file = bin.resolve(program);
            Files.writeString(file, "#!/bin/sh\ntouch '" + wasRun + "'\nexit 42\n");
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        Path candidates = Files.createDirectories(home.resolve(".sdkman/candidates/java"));
        Files.createSymbolicLink(
                candidates.resolve("25-tem"), Path.of(System.getProperty("java.home")));
    }

    private Map<String, String> environment(String javaHome) {
        return Map.of(
                "PATH",
                java17.resolve("bin") + ":/usr/bin:/bin",
                "HOME",
                home.toString(),
                "JAVA_HOME",
                javaHome);
    }

    @Test
    void theProgramStartsAllTheSame() {
        TakhinSetup setup = TakhinSetup.in(home);
        for (Map.Entry<String, String> each : environment("").entrySet()) {
            setup = setup.withEnvironment(each.getKey(), each.getValue());
        }

        try (TakhinProcess process = setup.start()) {
            assertThat(process.isRunning()).isTrue();
        }
        assertThat(wasRun).doesNotExist();
    }

    @Test
    void theBuildTakesTheNewerOneToo() throws Exception {
        String jdk = jdkOfTheBuild(environment(""));

        assertThat(Path.of(jdk)).isNotEqualTo(java17);
        assertThat(Files.readString(Path.of(jdk, "release")))
                .containsPattern("JAVA_VERSION=\"(2[5-9]|[3-9]\\d)");
        assertThat(wasRun).doesNotExist();
    }

    @Test
    void aJavaHomeThatIsTooOldIsPassedOver() throws Exception {
        assertThat(Path.of(jdkOfTheBuild(environment(java17.toString())))).isNotEqualTo(java17);
    }

    private static String jdkOfTheBuild(Map<String, String> environment) throws Exception {
        ProcessBuilder builder =
                new ProcessBuilder(
                        "bash",
                        "-c",
                        "root=. && . bin/build.sh && . bin/find-jdk.sh && need_jdk && echo $JDK");
        builder.directory(Program.root().toFile()).redirectErrorStream(true);
        builder.environment().remove("TAKHIN_JAVA_HOME");
        builder.environment().putAll(environment);
        Process bash = builder.start();
        String printed =
                new String(bash.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
        assertThat(bash.waitFor()).as(printed).isZero();
        return printed;
    }
}
