package io.takhin.broker.config;

import java.util.Arrays;
import java.util.Comparator;

/** The setting somebody probably meant. */
final class NearestKey {
    private NearestKey() {}

    /** A Kafka property name finds its setting; anything else the setting with the fewest edits. */
    static Setting of(String key) {
        return Arrays.stream(Setting.values())
                .filter(setting -> setting.kafkaName().filter(key::equals).isPresent())
                .findFirst()
                .orElseGet(() -> withFewestEdits(key));
    }

    private static Setting withFewestEdits(String key) {
        return Arrays.stream(Setting.values())
                .min(Comparator.comparingInt(setting -> edits(key, setting.key())))
                .orElseThrow();
    }

    /** Levenshtein's distance: insertions, deletions and replacements from one to the other. */
    static int edits(String from, String to) {
        int[] above = new int[to.length() + 1];
        Arrays.setAll(above, i -> i);
        for (int row = 1; row <= from.length(); row++) {
            int[] current = new int[to.length() + 1];
            current[0] = row;
            for (int column = 1; column <= to.length(); column++) {
                int replaced = from.charAt(row - 1) == to.charAt(column - 1) ? 0 : 1;
                int oneMore = Math.min(above[column], current[column - 1]) + 1;
                current[column] = Math.min(oneMore, above[column - 1] + replaced);
            }
            above = current;
        }
        return above[to.length()];
    }
}
