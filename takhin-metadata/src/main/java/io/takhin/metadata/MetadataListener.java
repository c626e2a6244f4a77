package io.takhin.metadata;

import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;

/** Told of every new view, in order, before the view becomes the current one for everybody else. */
public interface MetadataListener {
    /** Called on the metadata thread: must be quick, and must not wait for the metadata log. */
    void onChange(Change change, ClusterView view);

    /**
     * What differs from the view before. After a snapshot everything may be listed as changed.
     *
     * @param topics ids of topics that are new or whose partitions changed
     * @param deletedTopics ids of topics that are gone
     * @param configs resources whose settings changed
     * @param brokers whether any registration changed
     */
    record Change(
            Set<Uuid> topics,
            Set<Uuid> deletedTopics,
            Set<ConfigResource> configs,
            boolean brokers,
            boolean features) {}
}
