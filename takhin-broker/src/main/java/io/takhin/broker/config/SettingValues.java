package io.takhin.broker.config;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One value for each setting that has one, and where it came from. The getters throw {@link
 * ClassCastException} for a setting of another kind: that is a bug, not a user's mistake.
 */
public final class SettingValues {
    private static final Origin DEFAULT = new Origin.Default();

    private static final Map<String, Setting> BY_KEY =
            Arrays.stream(Setting.values())
                    .collect(Collectors.toUnmodifiableMap(Setting::key, Function.identity()));

    private final Map<Setting, Value> values;

    private SettingValues(Map<Setting, Value> values) {
        this.values = values;
    }

    private record Value(Object value, Origin origin) {}

    /** Later entries win. What cannot be used is added to the problems, in one sentence each. */
    static SettingValues merge(List<Given> given, List<String> problems) {
        Map<Setting, Value> values = defaults();
        for (Given one : given) {
            Setting setting = BY_KEY.get(one.key());
            if (setting == null) {
                problems.add(unknown(one));
            } else {
                check(setting, one, problems).ifPresent(value -> values.put(setting, value));
            }
        }
        return new SettingValues(values);
    }

    private static Map<Setting, Value> defaults() {
        Map<Setting, Value> values = new EnumMap<>(Setting.class);
        for (Setting setting : Setting.values()) {
            String text = setting.defaultText();
            if (text != null) {
                values.put(setting, new Value(setting.kind().parse(text), DEFAULT));
            }
        }
        return values;
    }

    private static Optional<Value> check(Setting setting, Given given, List<String> problems) {
        try {
            Object value = given.parseAs(setting.kind());
            setting.missingFeature().ifPresent(feature -> refuse(setting, value, feature));
            return Optional.of(new Value(value, given.origin()));
        } catch (IllegalArgumentException e) {
            problems.add(problem(given.origin(), setting, String.valueOf(e.getMessage())));
            return Optional.empty();
        }
    }

    private static void refuse(Setting setting, Object value, String feature) {
        String harmless = setting.defaultText();
        if (harmless != null && !value.equals(setting.kind().parse(harmless))) {
            throw new IllegalArgumentException(
                    "must be " + harmless + ": " + feature + " is not in this version");
        }
    }

    private static String unknown(Given given) {
        Setting nearest = NearestKey.of(given.key());
        boolean variable = given.origin() instanceof Origin.Environment;
        return given.origin().where()
                + (variable ? ": no setting has this variable" : ": unknown key " + given.key())
                + "; the nearest is "
                + (variable ? nearest.variable() : nearest.key());
    }

    private static String problem(Origin origin, Setting setting, String reason) {
        return origin.where() + ": " + setting.key() + " " + reason;
    }

    /** The sentence that names the setting and where its value came from. */
    String problem(InvalidSettingException e) {
        Origin own = origin(e.setting());
        return problem(own.equals(DEFAULT) ? origin(e.askedForBy()) : own, e.setting(), e.reason());
    }

    public boolean isSet(Setting setting) {
        return values.containsKey(setting);
    }

    public Origin origin(Setting setting) {
        Value value = values.get(setting);
        return value == null ? DEFAULT : value.origin();
    }

    public String text(Setting setting) {
        return (String) value(setting);
    }

    public boolean flag(Setting setting) {
        return (Boolean) value(setting);
    }

    public long whole(Setting setting) {
        return (Long) value(setting);
    }

    public int number(Setting setting) {
        return Math.toIntExact(whole(setting));
    }

    public double ratio(Setting setting) {
        return (Double) value(setting);
    }

    public List<String> texts(Setting setting) {
        return list(setting).stream().map(String.class::cast).toList();
    }

    public List<Integer> numbers(Setting setting) {
        return list(setting).stream().map(element -> Math.toIntExact((Long) element)).toList();
    }

    /** The value in the form in which flags and the environment give it; empty where none is. */
    public Optional<String> display(Setting setting) {
        return Optional.ofNullable(values.get(setting))
                .map(value ->
                        value.value() instanceof List<?> list
                                ? list.stream()
                                        .map(Object::toString)
                                        .collect(Collectors.joining(","))
                                : value.value().toString());
    }

    private List<?> list(Setting setting) {
        return (List<?>) value(setting);
    }

    private Object value(Setting setting) {
        Value value = values.get(setting);
        if (value == null) {
            throw new IllegalStateException(setting.key() + " has no value");
        }
        return value.value();
    }
}
