package io.takhin.broker.topicconfig;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one setting of a topic comes to.
 *
 * @param synonyms every place that says something about it, the one that counts first
 */
public record EffectiveSetting(
        ConfigSetting setting, @Nullable String value, Source source, List<Synonym> synonyms) {

    /** One place that says something, under the name it has there. */
    public record Synonym(String name, @Nullable String value, Source source) {}
}
