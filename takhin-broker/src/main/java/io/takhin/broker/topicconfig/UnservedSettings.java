package io.takhin.broker.topicconfig;

import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataListener;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.config.ConfigResource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Settings that an Apache Kafka cluster left on its topics and this version refuses. The topics are
 * served without them; somebody who relies on them is told, once a topic.
 *
 * <p>Threads: the metadata thread's only.
 */
public final class UnservedSettings implements MetadataListener {
    private static final Logger log = LoggerFactory.getLogger(UnservedSettings.class);
    private static final String TIERING = "remote.storage.enable";

    private final Consumer<String> warnings;
    private final Set<ConfigResource> told = new HashSet<>();

    public UnservedSettings() {
        this(log::warn);
    }

    UnservedSettings(Consumer<String> warnings) {
        this.warnings = warnings;
    }

    @Override
    public void onChange(Change change, ClusterView view) {
        for (ConfigResource resource : change.configs()) {
            if (resource.type() == ConfigResource.Type.TOPIC) {
                look(resource, view);
            }
        }
    }

    private void look(ConfigResource topic, ClusterView view) {
        List<String> refused = TopicSettings.refused(view.overrides(topic));
        if (refused.isEmpty()) {
            // Where it is set again, it is said again.
            told.remove(topic);
        } else if (told.add(topic)) {
            boolean tiered = refused.stream().anyMatch(each -> each.startsWith(TIERING));
            warnings.accept(
                    "topic %s is served without %s%s; no other setting of it can be changed%s"
                            .formatted(
                                    topic.name(),
                                    String.join(", ", refused),
                                    tiered ? "; what only the object store has is not read" : "",
                                    " until they are removed"));
        }
    }
}
