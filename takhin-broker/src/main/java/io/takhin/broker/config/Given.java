package io.takhin.broker.config;

import java.util.List;

/**
 * What one layer says about one key, before anybody knows whether such a key exists.
 *
 * @param key in dotted form; of an environment variable its own name
 * @param texts the value; a list in the file has one text an element
 */
record Given(String key, List<String> texts, boolean isSequence, Origin origin) {
    static Given scalar(String key, String text, Origin origin) {
        return new Given(key, List.of(text), false, origin);
    }

    /** Throws {@link IllegalArgumentException} with the end of a sentence about the setting. */
    Object parseAs(Kind kind) {
        if (!isSequence) {
            return kind.parse(texts.getFirst().strip());
        }
        if (kind instanceof Kind.ListOf list) {
            return list.parse(texts.stream());
        }
        throw new IllegalArgumentException("takes one value, not a list");
    }
}
