package io.takhin.metadata;

import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;

/**
 * Gets Kafka's own image of every change: for the adapters of Kafka's coordinators, which cannot do
 * with less. Everybody else takes a {@link MetadataListener}.
 */
public interface ImageListener {
    /** Called on the metadata thread after all {@link MetadataListener}s, in order of offsets. */
    void onImage(MetadataDelta delta, MetadataImage image);
}
