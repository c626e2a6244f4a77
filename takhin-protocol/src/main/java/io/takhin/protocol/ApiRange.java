package io.takhin.protocol;

import org.apache.kafka.common.protocol.ApiKeys;

/** The versions of one API key that a listener announces and serves, both ends included. */
public record ApiRange(ApiKeys key, short oldest, short latest) {
    public ApiRange {
        if (oldest > latest || oldest < key.oldestVersion() || latest > key.latestVersion()) {
            throw new IllegalArgumentException(
                    "versions " + oldest + " to " + latest + " of " + key + " do not exist");
        }
    }

    /** Every stable version of a key. */
    public static ApiRange stable(ApiKeys key) {
        return new ApiRange(key, key.oldestVersion(), key.latestVersion(false));
    }

    /** Whether a key has a version that may be announced at all. */
    public static boolean hasStable(ApiKeys key) {
        return key.oldestVersion() <= key.latestVersion(false);
    }

    boolean holds(short version) {
        return version >= oldest && version <= latest;
    }
}
