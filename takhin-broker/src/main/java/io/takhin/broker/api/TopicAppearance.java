package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataListener;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tells when topics that were just created can be seen, with a leader for every partition: the
 * client that asked for them then gets an answer it can use, instead of one it must ask again for.
 *
 * <p>Threads: any. As a listener it must come after the one that hosts the partitions.
 */
public final class TopicAppearance implements MetadataListener {
    private record Wait(List<String> names, CompletableFuture<ClusterView> seen) {}

    private final Supplier<ClusterView> cluster;
    private final Duration patience;
    private final Queue<Wait> waiting = new ConcurrentLinkedQueue<>();

    /**
     * @param patience after which an answer is given without the topics
     */
    public TopicAppearance(Supplier<ClusterView> cluster, Duration patience) {
        this.cluster = cluster;
        this.patience = patience;
    }

    /** A view that has all of the topics; the newest there is when that takes too long. */
    CompletableFuture<ClusterView> await(Collection<String> names) {
        Wait wait = new Wait(List.copyOf(names), new CompletableFuture<>());
        waiting.add(wait);
        // Looked at after the wait was put up, so that no view can slip through between the two.
        offer(wait, cluster.get());
        return wait.seen
                .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .exceptionally(late -> cluster.get())
                .whenComplete((view, failure) -> waiting.remove(wait));
    }

    @Override
    public void onChange(Change change, ClusterView view) {
        waiting.forEach(wait -> offer(wait, view));
    }

    private static void offer(Wait wait, ClusterView view) {
        if (wait.names.stream().allMatch(name -> isLed(view.topic(name)))) {
            wait.seen.complete(view);
        }
    }

    private static boolean isLed(ClusterView.@Nullable Topic topic) {
        return topic != null
                && topic.partitions().stream().allMatch(partition -> partition.leader() >= 0);
    }
}
