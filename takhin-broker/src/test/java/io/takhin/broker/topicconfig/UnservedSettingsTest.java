package io.takhin.broker.topicconfig;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.broker.api.TestCluster;
import io.takhin.metadata.MetadataListener.Change;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;

/** A directory of Apache Kafka may hold topics with settings that this version refuses. */
class UnservedSettingsTest {
    private final List<String> warnings = new ArrayList<>();
    private final UnservedSettings settings = new UnservedSettings(warnings::add);
    private final TestCluster cluster =
            new TestCluster()
                    .broker(1)
                    .topic("orders", 1)
                    .topic("archive", 1)
                    .topic("plain", 1)
                    .topicOverride("orders", "preallocate", "true")
                    .topicOverride("archive", "remote.storage.enable", "true")
                    .topicOverride("plain", "preallocate", "false");

    private void told(String... topics) {
        for (String topic : topics) {
            ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
            settings.onChange(
                    new Change(Set.of(), Set.of(), Set.of(resource), false, false), cluster.view());
        }
    }

    @Test
    void aTopicThatIsServedWithoutItsSettingIsNamedOnce() {
        told("orders", "archive", "plain", "orders");

        assertThat(warnings)
                .containsExactly(
                        "topic orders is served without preallocate=true (segment files grow with"
                                + " their records); no other setting of it can be changed until"
                                + " they are removed",
                        "topic archive is served without remote.storage.enable=true (tiered storage"
                                + " is not in this version); what only the object store has is not"
                                + " read; no other setting of it can be changed until they are"
                                + " removed");
    }

    @Test
    void settingsOfBrokersAreNoneOfATopic() {
        ConfigResource broker = new ConfigResource(ConfigResource.Type.BROKER, "1");

        settings.onChange(
                new Change(Set.of(), Set.of(), Set.of(broker), false, false), cluster.view());

        assertThat(warnings).isEmpty();
    }
}
