package io.takhin.broker.topicconfig;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@link TopicSettings} or {@link GroupConfigs}.
 *
 * @param defaultValue what holds when neither the topic nor the broker says anything; null: nothing
 * @param bounds null where every value of the type is legal
 * @param inherits broker properties that give the default, the strongest first
 * @param takhinKey the key of the configuration file behind the first of them
 * @param hidden shown only where it was set
 * @param text one sentence for people
 */
public record ConfigSetting(
        String name,
        ConfigDef.Type type,
        @Nullable String defaultValue,
        ConfigDef.@Nullable Validator bounds,
        List<BrokerSynonym> inherits,
        @Nullable String takhinKey,
        Effect effect,
        boolean hidden,
        String text) {
    private static final Effect WORKS = new Effect.Works();

    static ConfigSetting of(
            String name, ConfigDef.Type type, @Nullable String defaultValue, String text) {
        return new ConfigSetting(
                name, type, defaultValue, null, List.of(), null, WORKS, false, text);
    }

    ConfigSetting in(ConfigDef.Validator validator) {
        return new ConfigSetting(
                name, type, defaultValue, validator, inherits, takhinKey, effect, hidden, text);
    }

    /** Inherits a broker property of the same unit; a weaker one when called again. */
    ConfigSetting from(String brokerProperty) {
        return from(brokerProperty, BrokerSynonym.Unit.SAME);
    }

    ConfigSetting from(String brokerProperty, BrokerSynonym.Unit unit) {
        List<BrokerSynonym> longer =
                Stream.concat(inherits.stream(), Stream.of(new BrokerSynonym(brokerProperty, unit)))
                        .toList();
        return new ConfigSetting(
                name, type, defaultValue, bounds, longer, takhinKey, effect, hidden, text);
    }

    ConfigSetting key(String key) {
        return new ConfigSetting(
                name, type, defaultValue, bounds, inherits, key, effect, hidden, text);
    }

    /** Kept and shown, without effect in this version. */
    ConfigSetting stored(String instead, String... alreadyTrue) {
        return with(new Effect.Stored(instead, Set.of(alreadyTrue)));
    }

    ConfigSetting refused(String value, String why) {
        return with(new Effect.Refused(value, why));
    }

    ConfigSetting absent(String why) {
        return with(new Effect.Absent(why));
    }

    ConfigSetting hide() {
        return new ConfigSetting(
                name, type, defaultValue, bounds, inherits, takhinKey, effect, true, text);
    }

    private ConfigSetting with(Effect other) {
        return new ConfigSetting(
                name, type, defaultValue, bounds, inherits, takhinKey, other, hidden, text);
    }

    /** Why a value cannot be, in the words Kafka's clients know; empty where it can. */
    public Optional<String> problem(String value) {
        return problem(name, value);
    }

    /**
     * The same under another name.
     *
     * @param shownName what the client calls the setting
     */
    public Optional<String> problem(String shownName, String value) {
        try {
            parse(shownName, value);
        } catch (ConfigException e) {
            return Optional.ofNullable(e.getMessage());
        }
        return switch (effect) {
            case Effect.Works(), Effect.Stored(_, _) -> Optional.empty();
            case Effect.Absent(String why) -> Optional.of(refusal(shownName, value, why));
            case Effect.Refused(String refused, String why) ->
                    refused.equalsIgnoreCase(value.strip())
                            ? Optional.of(refusal(shownName, value, why))
                            : Optional.empty();
        };
    }

    private static String refusal(String shownName, String value, String why) {
        return "Invalid value %s for configuration %s: %s".formatted(value, shownName, why);
    }

    /** Why this version refuses a value that Apache Kafka takes; empty where it does not. */
    Optional<String> refusal(String value) {
        return effect instanceof Effect.Refused(String refused, String why)
                        && refused.equalsIgnoreCase(value.strip())
                ? Optional.of(why)
                : Optional.empty();
    }

    /** What to tell whoever sets this value: that it has no effect yet. */
    public Optional<String> warning(String value) {
        return effect instanceof Effect.Stored(String instead, Set<String> alreadyTrue)
                        && !alreadyTrue.contains(value.strip())
                ? Optional.of(
                        "%s=%s is kept and has no effect in this version: %s"
                                .formatted(name, value, instead))
                : Optional.empty();
    }

    /** The value as an object of {@link #type}; throws {@link ConfigException} where it is none. */
    @Nullable Object parse(@Nullable String value) {
        return parse(name, value);
    }

    private @Nullable Object parse(String shownName, @Nullable String value) {
        Object parsed = ConfigDef.parseType(shownName, value, type);
        if (parsed instanceof List<?> list && bounds instanceof ConfigDef.ValidList) {
            // As Kafka does: an item that is there twice counts once.
            parsed = list.stream().distinct().toList();
        }
        if (bounds != null) {
            bounds.ensureValid(shownName, parsed);
        }
        return parsed;
    }

    /**
     * The same for a value out of the broker's configuration, which has bounds of its own: a
     * segment may have 1 KiB or 2^31 bytes there.
     */
    Object parseUnbounded(String value) {
        ConfigDef.Type wide = type == ConfigDef.Type.INT ? ConfigDef.Type.LONG : type;
        return ConfigDef.parseType(name, value, wide);
    }
}
