package io.takhin.tests.harness;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/** Names nobody used before, so that tests that share a broker do not meet. */
public final class Fresh {
    private Fresh() {}

    /** A legal topic, group or transactional id that begins with the word given. */
    public static String name(String word) {
        return word + "-" + HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());
    }
}
