package io.takhin.broker;

import io.takhin.broker.config.LoadedConfig.FlagValue;
import io.takhin.broker.config.Setting;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the user asked for. Flags take one dash or two, and their value as the next word or after =.
 */
sealed interface CommandLine {
    String USAGE =
            """
            Usage: takhin -config FILE [-data-dir DIR] [-port N]

              -config FILE    settings in YAML; without it, defaults and environment only
              -data-dir DIR   where everything is kept (storage.data.dir)
              -port N         port of the Kafka listener (server.port)
              -version        print the version and exit
              -help           print this and exit

            Flags win over TAKHIN_* environment variables, and those over the file.
            """;

    /** Run a broker. */
    record Start(Optional<Path> config, Map<Setting, FlagValue> flags) implements CommandLine {}

    /** Print the version. */
    record Version() implements CommandLine {}

    /** Print the usage. */
    record Help() implements CommandLine {}

    /** Not understood; the text says what. */
    record Wrong(String why) implements CommandLine {}

    static CommandLine parse(List<String> args) {
        Map<String, String> values = new LinkedHashMap<>();
        Iterator<String> words = args.iterator();
        while (words.hasNext()) {
            Flag flag = Flag.parse(words.next());
            switch (flag.name()) {
                case "version" -> {
                    return new Version();
                }
                case "help", "h" -> {
                    return new Help();
                }
                case "config", "data-dir", "port" -> {
                    Optional<String> value = flag.value(words);
                    if (value.isEmpty()) {
                        return new Wrong("-" + flag.name() + " needs a value");
                    }
                    values.put(flag.name(), value.get());
                }
                default -> {
                    return new Wrong("unknown argument '" + flag.word() + "'");
                }
            }
        }
        return start(values);
    }

    private static Start start(Map<String, String> values) {
        Map<Setting, FlagValue> flags = new EnumMap<>(Setting.class);
        put(Setting.STORAGE_DATA_DIR, "data-dir", values, flags);
        put(Setting.SERVER_PORT, "port", values, flags);
        return new Start(Optional.ofNullable(values.get("config")).map(Path::of), flags);
    }

    private static void put(
            Setting setting,
            String name,
            Map<String, String> values,
            Map<Setting, FlagValue> flags) {
        String value = values.get(name);
        if (value != null) {
            flags.put(setting, new FlagValue(name, value));
        }
    }

    /** One word taken apart; its name is empty where it is no flag. */
    record Flag(String word, String name, Optional<String> attached) {
        static Flag parse(String word) {
            String bare = word.startsWith("--") ? word.substring(2) : word.substring(dashes(word));
            if (bare.equals(word)) {
                return new Flag(word, "", Optional.empty());
            }
            int equals = bare.indexOf('=');
            return equals < 0
                    ? new Flag(word, bare, Optional.empty())
                    : new Flag(
                            word,
                            bare.substring(0, equals),
                            Optional.of(bare.substring(equals + 1)));
        }

        private static int dashes(String word) {
            return word.startsWith("-") ? 1 : 0;
        }

        Optional<String> value(Iterator<String> words) {
            return attached.isEmpty() && words.hasNext() ? Optional.of(words.next()) : attached;
        }
    }
}
