package io.takhin.metadata;

import io.takhin.metadata.MetadataListener.Change;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.TopicsDelta;
import org.apache.kafka.image.loader.LoaderManifest;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.apache.kafka.raft.LeaderAndEpoch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hands every new image to the broker. Listeners are told first, then the view is replaced: a
 * request never sees a topic in the view whose partitions are not hosted here yet. The other way
 * round (hosted and not in the view) lasts for that moment and looks to a client like a topic whose
 * creation it has not heard of.
 *
 * <p>Threads: changes come on the metadata loader's thread; the view is read by any.
 */
final class ViewPublisher implements MetadataPublisher {
    private static final Logger log = LoggerFactory.getLogger(ViewPublisher.class);

    private final String clusterId;
    private final String listener;
    private final List<MetadataListener> listeners = new CopyOnWriteArrayList<>();
    private final List<ImageListener> imageListeners = new CopyOnWriteArrayList<>();
    private final FirstLook firstLook;
    private final LongConsumer applied;

    private volatile ImageView view;
    private boolean admitted;

    /** Sees the metadata, read up to its end, before anybody acts on it. */
    @FunctionalInterface
    interface FirstLook {
        /** False when nobody may be told of it. */
        boolean admits(ImageView view);
    }

    /**
     * @param listener the name of the listener by whose addresses brokers are seen
     * @param firstLook asked until it admits a view
     * @param applied told of each offset once everybody has it
     */
    ViewPublisher(String clusterId, String listener, FirstLook firstLook, LongConsumer applied) {
        this.clusterId = clusterId;
        this.listener = listener;
        this.firstLook = firstLook;
        this.applied = applied;
        this.view = new ImageView(MetadataImage.EMPTY, clusterId, listener, OptionalInt.empty());
    }

    ImageView view() {
        return view;
    }

    void add(MetadataListener added) {
        listeners.add(added);
    }

    void addImageListener(ImageListener added) {
        imageListeners.add(added);
    }

    @Override
    public String name() {
        return "ViewPublisher";
    }

    @Override
    public void onControllerChange(LeaderAndEpoch leader) {
        view = view.withController(leader.leaderId());
        log.info(
                "metadata quorum leader={} epoch={}",
                leader.leaderId().isPresent() ? leader.leaderId().getAsInt() : "none",
                leader.epoch());
    }

    @Override
    public void onMetadataUpdate(
            MetadataDelta delta, MetadataImage image, LoaderManifest manifest) {
        ImageView next = new ImageView(image, clusterId, listener, view.controllerId());
        admitted = admitted || firstLook.admits(next);
        if (!admitted) {
            return;
        }
        Change change = change(delta);
        for (MetadataListener told : listeners) {
            told.onChange(change, next);
        }
        for (ImageListener told : imageListeners) {
            told.onImage(delta, image);
        }
        view = next;
        applied.accept(image.offset());
    }

    @Override
    public void close() {}

    private static Change change(MetadataDelta delta) {
        TopicsDelta topics = delta.topicsDelta();
        return new Change(
                topics == null ? Set.of() : Set.copyOf(topics.changedTopics().keySet()),
                topics == null ? Set.of() : Set.copyOf(topics.deletedTopicIds()),
                delta.configsDelta() == null
                        ? Set.of()
                        : Set.copyOf(delta.configsDelta().changes().keySet()),
                delta.clusterDelta() != null,
                delta.featuresDelta() != null);
    }
}
