package io.takhin.broker.config;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** docs/configuration.md, written from the table so that it cannot say anything else. */
final class ConfigurationPage {
    private static final String HEAD =
            """
            # Configuration

            A setting can come from three places; a later one wins over an earlier one:

            1. the file named by `-config`, in YAML, each dot of a key a level of nesting \
            (`server.port` is `server:` with `port:` below it),
            2. the environment: the key in capitals, dots as underscores, `TAKHIN_` in front \
            (`TAKHIN_SERVER_PORT`); a list is `1,2,3` or `[1, 2, 3]`,
            3. the flags `-data-dir` (`storage.data.dir`) and `-port` (`server.port`).

            An unknown key, an unknown `TAKHIN_` variable and a value that is not allowed stop the \
            start, with a line that names the place and the nearest known key. Zero and false are \
            ordinary values. Settings take effect at the next start, but for those marked *at run \
            time*.

            A setting marked *not in this version* accepts only its default: what would switch on a \
            feature that is missing is refused, never ignored.

            Kafka's name is what the admin tools show (`kafka-configs --describe --entity-type \
            brokers`).

            `server.host` and `server.port` name one listener, `kafka.listeners` a list in its \
            place. Where both are given, the higher of the three layers wins, and within one layer \
            the list.

            This page is generated from the table the broker itself uses.
            """;

    private ConfigurationPage() {}

    static String markdown() {
        Map<String, List<Setting>> sections =
                Arrays.stream(Setting.values())
                        .collect(
                                Collectors.groupingBy(
                                        ConfigurationPage::sectionOf,
                                        TreeMap::new,
                                        Collectors.toList()));
        return HEAD
                + sections.entrySet().stream()
                        .map(section -> section(section.getKey(), section.getValue()))
                        .collect(Collectors.joining());
    }

    private static String sectionOf(Setting setting) {
        return setting.key().substring(0, setting.key().indexOf('.'));
    }

    private static String section(String name, List<Setting> settings) {
        return "\n## "
                + name
                + "\n\n| setting | allowed | default | what it is | Kafka's name |\n"
                + "| --- | --- | --- | --- | --- |\n"
                + settings.stream().map(ConfigurationPage::line).collect(Collectors.joining());
    }

    private static String line(Setting setting) {
        return String.join(
                " | ",
                "| " + code(setting.key()),
                setting.kind().allowed(),
                defaultOf(setting),
                setting.about() + note(setting),
                setting.kafkaName().map(ConfigurationPage::code).orElse("") + " |\n");
    }

    private static String defaultOf(Setting setting) {
        String text = setting.defaultText();
        return text == null || text.isEmpty() ? "" : code(text);
    }

    private static String note(Setting setting) {
        return (setting.changesAtRunTime() ? " *At run time.*" : "")
                + setting.missingFeature().map(_ -> " *Not in this version.*").orElse("");
    }

    private static String code(String text) {
        return "`" + text + "`";
    }
}
