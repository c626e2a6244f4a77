package io.takhin.tests.harness;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;

/** How a command-line tool or a foreign client ended. */
public record ToolRun(String command, int exitCode, String out, String err) {
    /** Fails the test unless the tool said that all went well. */
    public ToolRun succeeded() {
        assertThat(exitCode).as("exit code of %s", this).isZero();
        return this;
    }

    /** Fails the test unless the tool said that something went wrong. */
    public ToolRun failed() {
        assertThat(exitCode).as("exit code of %s", this).isNotZero();
        return this;
    }

    /** What was printed on the standard output, without blank lines. */
    public List<String> lines() {
        return out.lines().filter(line -> !line.isBlank()).toList();
    }

    /** Both streams. */
    public String all() {
        return out + err;
    }

    @Override
    public String toString() {
        return "%s%n-- exit code %d, out:%n%s%n-- err:%n%s".formatted(command, exitCode, out, err);
    }
}
