package io.takhin.protocol;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/**
 * What one listener speaks: the API keys and versions that it announces, decodes and serves. A
 * request for anything else ends its connection.
 *
 * <p>Threads: immutable.
 */
public final class AnnouncedApis {
    private final @Nullable ApiRange[] byId;

    private AnnouncedApis(@Nullable ApiRange[] byId) {
        this.byId = byId;
    }

    public static AnnouncedApis of(Collection<ApiRange> ranges) {
        int idMax = ranges.stream().mapToInt(range -> range.key().id).max().orElse(-1);
        @Nullable ApiRange[] byId = new ApiRange[idMax + 1];
        for (ApiRange range : ranges) {
            if (byId[range.key().id] != null) {
                throw new IllegalArgumentException(range.key() + " is announced twice");
            }
            byId[range.key().id] = range;
        }
        return new AnnouncedApis(byId);
    }

    /** Every stable version of these keys. */
    public static AnnouncedApis stable(Collection<ApiKeys> keys) {
        return of(keys.stream().filter(ApiRange::hasStable).map(ApiRange::stable).toList());
    }

    /** In the order of their ids. */
    public List<ApiRange> ranges() {
        return Arrays.stream(byId).filter(Objects::nonNull).toList();
    }

    @Nullable ApiRange range(short apiKeyId) {
        return apiKeyId >= 0 && apiKeyId < byId.length ? byId[apiKeyId] : null;
    }
}
