package io.takhin.broker.topicconfig;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;

/** docs/topic-settings.md, written from the table so that it cannot say anything else. */
final class TopicSettingsPage {
    private static final String HEAD =
            """
            # Topic settings

            Every setting Apache Kafka 4.3 has for a topic, and Takhin's own. They are set when a topic \
            is created or later with `kafka-configs --entity-type topics`, and read with \
            `kafka-configs --describe`.

            A topic that does not set a value inherits the broker's: first what was set for the broker \
            with `kafka-configs --entity-type brokers` under Kafka's name, then the key in the \
            configuration file, then the default in this table.

            *In effect* tells what this version does with a setting:

            - **yes**: what the text says.
            - **kept**: the value is accepted, kept and shown, and changes nothing yet; the broker logs a \
            warning. Meanwhile the setting does what the table says. Without these settings no record \
            is lost and none is wrong: at worst more records, or larger ones, stay on the disk.
            - **refused**: the value named is turned away, because somebody would rely on it in vain.

            This page is generated from the table the broker itself uses.

            """;

    private static final String FOOT =
            """

            ## Timestamps of producers

            The largest timestamp in a batch's header decides when its segment is too old, and what a \
            search by time finds. Like Kafka, Takhin looks at the records and corrects a header that \
            names another one. Unlike Kafka it does not decompress every batch for that: a compressed \
            one is looked at where the topic is compacted, sets `message.timestamp.before.max.ms` or \
            wants another codec, or where its header cannot be right (no largest timestamp, one before \
            the first record's, or one later than allowed). A header of a compressed batch that is \
            wrong and plausible is believed.
            """;

    private TopicSettingsPage() {}

    static String markdown() {
        return HEAD
                + "| setting | type | default | broker property | configuration key | in effect |"
                + " what it does |\n"
                + "| --- | --- | --- | --- | --- | --- | --- |\n"
                + TopicSettings.all().stream()
                        .map(TopicSettingsPage::line)
                        .collect(Collectors.joining())
                + FOOT;
    }

    private static String line(ConfigSetting setting) {
        return List.of(
                        code(setting.name()),
                        setting.type().name().toLowerCase(Locale.ROOT),
                        code(Objects.requireNonNullElse(setting.defaultValue(), "")),
                        setting.inherits().stream()
                                .map(inherited -> code(inherited.name()))
                                .collect(Collectors.joining(", ")),
                        code(Objects.requireNonNullElse(setting.takhinKey(), "")),
                        effect(setting.effect()),
                        setting.text())
                .stream()
                .collect(Collectors.joining(" | ", "| ", " |\n"));
    }

    private static String effect(Effect effect) {
        return switch (effect) {
            case Effect.Works() -> "yes";
            case Effect.Stored(String instead, var _) -> "kept; " + instead;
            case Effect.Absent(String why) -> "refused: " + why;
            case Effect.Refused(String value, String why) -> "`" + value + "` refused: " + why;
        };
    }

    private static String code(String text) {
        return text.isEmpty() ? "" : "`" + text + "`";
    }
}
