package io.takhin.broker.topicconfig;

import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;
import org.jspecify.annotations.Nullable;

/**
 * One line of {@link TopicSettings}.
 *
 * @param defaultValue what holds when neither the topic nor the broker says anything; null: nothing
 * @param bounds null where every value of the type is legal
 * @param inherits broker properties that give the default, the strongest first
 * @param takhinKey the key of the configuration file behind the first of them
 * @param hidden shown only where it was set
 * @param text one sentence for people
 */
public record TopicSetting(
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

    static TopicSetting of(
            String name, ConfigDef.Type type, @Nullable String defaultValue, String text) {
        return new TopicSetting(
                name, type, defaultValue, null, List.of(), null, WORKS, false, text);
    }

    TopicSetting in(ConfigDef.Validator validator) {
        return new TopicSetting(
                name, type, defaultValue, validator, inherits, takhinKey, effect, hidden, text);
    }

    /** Inherits a broker property of the same unit; a weaker one when called again. */
    TopicSetting from(String brokerProperty) {
        return from(brokerProperty, BrokerSynonym.Unit.SAME);
    }

    TopicSetting from(String brokerProperty, BrokerSynonym.Unit unit) {
        List<BrokerSynonym> longer =
                Stream.concat(inherits.stream(), Stream.of(new BrokerSynonym(brokerProperty, unit)))
                        .toList();
        return new TopicSetting(
                name, type, defaultValue, bounds, longer, takhinKey, effect, hidden, text);
    }

    TopicSetting key(String key) {
        return new TopicSetting(
                name, type, defaultValue, bounds, inherits, key, effect, hidden, text);
    }

    /** Kept and shown, without effect in this version. */
    TopicSetting stored(String instead, String... alreadyTrue) {
        return with(new Effect.Stored(instead, Set.of(alreadyTrue)));
    }

    TopicSetting refused(String value, String why) {
        return with(new Effect.Refused(value, why));
    }

    TopicSetting hide() {
        return new TopicSetting(
                name, type, defaultValue, bounds, inherits, takhinKey, effect, true, text);
    }

    private TopicSetting with(Effect other) {
        return new TopicSetting(
                name, type, defaultValue, bounds, inherits, takhinKey, other, hidden, text);
    }

    /** Why a value cannot be, in the words Kafka's clients know; empty where it can. */
    public Optional<String> problem(String value) {
        try {
            parse(value);
        } catch (ConfigException e) {
            return Optional.ofNullable(e.getMessage());
        }
        if (effect instanceof Effect.Refused(String refused, String why)
                && refused.equalsIgnoreCase(value.strip())) {
            return Optional.of(
                    "Invalid value %s for configuration %s: %s".formatted(value, name, why));
        }
        return Optional.empty();
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
        Object parsed = ConfigDef.parseType(name, value, type);
        if (parsed instanceof List<?> list && bounds instanceof ConfigDef.ValidList) {
            // As Kafka does: an item that is there twice counts once.
            parsed = list.stream().distinct().toList();
        }
        if (bounds != null) {
            bounds.ensureValid(name, parsed);
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
