package io.takhin.broker.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What values a setting takes. All layers speak the same text form, so a value means the same in
 * the file, in the environment and as a flag.
 *
 * <p>{@link #parse} throws {@link IllegalArgumentException} whose message finishes the sentence
 * "the setting …".
 */
sealed interface Kind {
    Object parse(String text);

    /** What is allowed, as the reference shows it. */
    String allowed();

    /** Whether the value is a list; only then may the file give a sequence. */
    default boolean isList() {
        return false;
    }

    static Kind text() {
        return new Text();
    }

    static Kind flag() {
        return new Flag();
    }

    static Kind choice(String... values) {
        return new Choice(List.of(values));
    }

    static Kind ratio() {
        return new Ratio();
    }

    static Kind port() {
        return new Whole("", 0, 65535);
    }

    static Kind count(long min, long max) {
        return new Whole("", min, max);
    }

    static Kind whole(String unit, long min, long max) {
        return new Whole(unit, min, max);
    }

    static Kind bytes(long min, long max) {
        return new Whole("bytes", min, max);
    }

    static Kind millis(long min, long max) {
        return new Whole("ms", min, max);
    }

    static Kind texts() {
        return new ListOf(new Text());
    }

    static Kind listOf(Kind element) {
        return new ListOf(element);
    }

    /** Any text; the empty text means that there is none. */
    record Text() implements Kind {
        @Override
        public Object parse(String text) {
            return text;
        }

        @Override
        public String allowed() {
            return "text";
        }
    }

    /** True or false. */
    record Flag() implements Kind {
        @Override
        public Object parse(String text) {
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "true" -> true;
                case "false" -> false;
                default ->
                        throw new IllegalArgumentException(
                                "must be true or false, not '" + text + "'");
            };
        }

        @Override
        public String allowed() {
            return "true, false";
        }
    }

    /** A whole number between two bounds, both included. */
    record Whole(String unit, long min, long max) implements Kind {
        @Override
        public Object parse(String text) {
            try {
                long value = Long.parseLong(text);
                if (value >= min && value <= max) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // The message below serves both: it says what is allowed and what was given.
            }
            throw new IllegalArgumentException(
                    "must be a whole number from " + range() + ", not '" + text + "'");
        }

        @Override
        public String allowed() {
            return unit.isEmpty() ? range() : unit + ", " + range();
        }

        private String range() {
            return min + " to " + max;
        }
    }

    /** A number from 0 to 1. */
    record Ratio() implements Kind {
        @Override
        public Object parse(String text) {
            try {
                double value = Double.parseDouble(text);
                if (value >= 0 && value <= 1) {
                    return value;
                }
            } catch (NumberFormatException e) {
                // The message below serves both: it says what is allowed and what was given.
            }
            throw new IllegalArgumentException("must be a number from 0 to 1, not '" + text + "'");
        }

        @Override
        public String allowed() {
            return "0 to 1";
        }
    }

    /** One of a few words; case does not matter. */
    record Choice(List<String> values) implements Kind {
        @Override
        public Object parse(String text) {
            return values.stream()
                    .filter(text::equalsIgnoreCase)
                    .findFirst()
                    .orElseThrow(() ->
                            new IllegalArgumentException(
                                    "must be one of " + allowed() + ", not '" + text + "'"));
        }

        @Override
        public String allowed() {
            return String.join(", ", values);
        }
    }

    /** Several values of one kind: {@code a,b} or {@code [a, b]}, or a sequence in the file. */
    record ListOf(Kind element) implements Kind {
        @Override
        public Object parse(String text) {
            return parse(elements(text));
        }

        List<Object> parse(Stream<String> texts) {
            return texts.map(element::parse).toList();
        }

        @Override
        public boolean isList() {
            return true;
        }

        @Override
        public String allowed() {
            return "list of: " + element.allowed();
        }

        private static Stream<String> elements(String text) {
            boolean bracketed = text.startsWith("[") && text.endsWith("]");
            String inner = bracketed ? text.substring(1, text.length() - 1) : text;
            return Arrays.stream(inner.split(",", -1))
                    .map(ListOf::unquoted)
                    .filter(element -> !element.isEmpty());
        }

        private static String unquoted(String raw) {
            String text = raw.strip();
            boolean quoted =
                    text.length() >= 2
                            && (text.charAt(0) == '"' || text.charAt(0) == '\'')
                            && text.charAt(0) == text.charAt(text.length() - 1);
            return quoted ? text.substring(1, text.length() - 1) : text;
        }
    }
}
