package io.takhin.broker.config;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The configuration of one start: the checked tree, and beside it every setting's value and origin
 * for those who show them.
 */
public record LoadedConfig(BrokerConfig config, SettingValues values) {
    /** Reads the file (where one is given), then the environment, then the flags; later wins. */
    public static LoadedConfig load(
            Optional<Path> file, Map<String, String> environment, Map<Setting, FlagValue> flags)
            throws InvalidConfigException {
        List<String> problems = new ArrayList<>();
        List<Given> given = new ArrayList<>();
        if (file.isPresent()) {
            given.addAll(readFile(file.get(), problems));
        }
        given.addAll(EnvironmentVariables.read(environment));
        flags.forEach((setting, flag) -> given.add(flag.given(setting)));
        return build(given, problems);
    }

    /** A flag as it was given; its name is without the dash. */
    public record FlagValue(String name, String text) {
        private Given given(Setting setting) {
            return Given.scalar(setting.key(), text, new Origin.Flag(name));
        }
    }

    private static List<Given> readFile(Path file, List<String> problems)
            throws InvalidConfigException {
        try {
            return YamlFile.read(file, problems);
        } catch (NoSuchFileException e) {
            throw unreadable(file, "no such file");
        } catch (AccessDeniedException e) {
            throw unreadable(file, "permission denied");
        } catch (IOException e) {
            throw unreadable(file, String.valueOf(e.getMessage()));
        }
    }

    private static InvalidConfigException unreadable(Path file, String why) {
        return new InvalidConfigException(List.of("cannot read " + file + ": " + why));
    }

    private static LoadedConfig build(List<Given> given, List<String> problems)
            throws InvalidConfigException {
        SettingValues values = SettingValues.merge(given, problems);
        if (!problems.isEmpty()) {
            throw new InvalidConfigException(problems);
        }
        try {
            return new LoadedConfig(new ConfigTree(values).build(), values);
        } catch (InvalidSettingException e) {
            throw new InvalidConfigException(List.of(values.problem(e)));
        }
    }
}
