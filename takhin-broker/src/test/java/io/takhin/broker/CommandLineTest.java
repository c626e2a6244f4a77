package io.takhin.broker;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.broker.config.LoadedConfig.FlagValue;
import io.takhin.broker.config.Setting;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandLineTest {
    // S13, S16, S17
    @ParameterizedTest
    @ValueSource(
            strings = {
                "-config c.yaml -data-dir d -port 1",
                "--port=1 --data-dir=d --config=c.yaml",
                "-port=1 -config c.yaml -data-dir=d",
            })
    void flagsMayBeWrittenInSeveralWays(String line) {
        CommandLine parsed = CommandLine.parse(List.of(line.split(" ")));

        assertThat(parsed)
                .isEqualTo(
                        new CommandLine.Start(
                                Optional.of(Path.of("c.yaml")),
                                Map.of(
                                        Setting.SERVER_PORT, new FlagValue("port", "1"),
                                        Setting.STORAGE_DATA_DIR, new FlagValue("data-dir", "d"))));
    }

    // S15
    @Test
    void versionAndHelpWinOverTheRest() {
        assertThat(CommandLine.parse(List.of("-port", "1", "-version")))
                .isEqualTo(new CommandLine.Version());
        assertThat(CommandLine.parse(List.of("-help"))).isEqualTo(new CommandLine.Help());
    }

    @ParameterizedTest
    @ValueSource(strings = {"start", "-conf x", "-config", "-port", "-", "-port 1 x"})
    void anythingElseIsWrong(String line) {
        assertThat(CommandLine.parse(List.of(line.split(" "))))
                .isInstanceOf(CommandLine.Wrong.class);
    }
}
