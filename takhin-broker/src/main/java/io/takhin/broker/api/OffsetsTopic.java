package io.takhin.broker.api;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import io.takhin.base.Threads;
import io.takhin.coordinator.GroupCoordination;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.MetadataListener;
import io.takhin.metadata.Quorum;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfigCollection;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData.CreatableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The topic in which groups are kept. It is created when the first group asks for its coordinator;
 * however many ask at once, one attempt is made, and all wait for it.
 *
 * <p>Threads: any. An attempt has a virtual thread of its own while it lasts.
 */
public final class OffsetsTopic implements MetadataListener {
    private static final Logger log = LoggerFactory.getLogger(OffsetsTopic.class);

    private static final Duration CREATION_TIMEOUT = Duration.ofSeconds(5);

    /** How long after its creation the topic may take to show up here. */
    private static final Duration APPEARANCE_TIMEOUT = Duration.ofSeconds(2);

    /** How long groups may take to be served after that. An empty topic takes milliseconds. */
    private static final Duration LOADING_TIMEOUT = Duration.ofMillis(500);

    private static final Quorum.Caller SELF =
            new Quorum.Caller(KafkaPrincipal.ANONYMOUS, "takhin-groups", "");

    private final Supplier<ClusterView> views;
    private final Quorum quorum;
    private final GroupCoordination groups;
    private final short replicationFactor;
    private final ReentrantLock lock = new ReentrantLock();

    /** Done once this broker has seen the topic with a leader in every partition. */
    @GuardedBy("lock")
    private CompletableFuture<ClusterView> appeared = new CompletableFuture<>();

    @GuardedBy("lock")
    private @Nullable CompletableFuture<ClusterView> attempt;

    public OffsetsTopic(
            Supplier<ClusterView> views,
            Quorum quorum,
            GroupCoordination groups,
            short replicationFactor) {
        this.views = views;
        this.quorum = quorum;
        this.groups = groups;
        this.replicationFactor = replicationFactor;
    }

    /** The topic as a view has it; null where it does not exist. */
    static ClusterView.@Nullable Topic in(ClusterView view) {
        return view.topic(Topic.GROUP_METADATA_TOPIC_NAME);
    }

    /**
     * A view that has the topic, which is created where it is missing. Where that does not succeed,
     * it is a view without it; never fails.
     */
    CompletableFuture<ClusterView> ensure() {
        ClusterView view = views.get();
        if (in(view) != null) {
            return CompletableFuture.completedFuture(view);
        }
        lock.lock();
        try {
            if (appeared.isDone()) {
                // Seen already, but not yet in the view that everybody else sees.
                return appeared;
            }
            if (attempt == null) {
                attempt = new CompletableFuture<>();
                Threads.startVirtual("offsets-topic", this::attemptCreation);
            }
            return attempt;
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void onChange(Change change, ClusterView view) {
        ClusterView.Topic topic = in(view);
        boolean led =
                topic != null && topic.partitions().stream().allMatch(each -> each.leader() >= 0);
        lock.lock();
        try {
            if (led) {
                appeared.complete(view);
            } else if (topic == null && appeared.isDone()) {
                appeared = new CompletableFuture<>();
            }
        } finally {
            lock.unlock();
        }
    }

    private void attemptCreation() {
        ClusterView outcome = views.get();
        try {
            outcome = create();
        } catch (ExecutionException | TimeoutException e) {
            log.warn("the offsets topic could not be created; the next group tries again", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            finish(outcome);
        }
    }

    private ClusterView create() throws ExecutionException, InterruptedException, TimeoutException {
        ApiMessage answer =
                quorum.ask(
                                request(),
                                ApiKeys.CREATE_TOPICS.latestVersion(),
                                SELF,
                                (int) CREATION_TIMEOUT.toMillis())
                        .get(CREATION_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        CreatableTopicResult result =
                ((CreateTopicsResponseData) answer).topics().iterator().next();
        Errors error = Errors.forCode(result.errorCode());
        if (error != Errors.NONE && error != Errors.TOPIC_ALREADY_EXISTS) {
            log.warn(
                    "the offsets topic was not created error={} why={}",
                    error,
                    result.errorMessage());
            return views.get();
        }
        ClusterView view = appearance().get(APPEARANCE_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        awaitServed(view);
        return view;
    }

    /**
     * A group that asks a moment too early is sent away, and comes back after its client's backoff:
     * the first consumer of a new broker would lose a good part of the half second it has.
     */
    private void awaitServed(ClusterView view) throws ExecutionException, InterruptedException {
        ClusterView.Topic topic = in(view);
        if (topic == null) {
            return;
        }
        CompletableFuture<?>[] mine =
                topic.partitions().stream()
                        .filter(partition -> partition.leader() == groups.nodeId())
                        .map(partition -> groups.whenServed(partition.index()))
                        .toArray(CompletableFuture[]::new);
        try {
            CompletableFuture.allOf(mine).get(LOADING_TIMEOUT.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.debug("groups are not served yet, and their clients will be told so", e);
        }
    }

    private CompletableFuture<ClusterView> appearance() {
        lock.lock();
        try {
            return appeared;
        } finally {
            lock.unlock();
        }
    }

    private void finish(ClusterView outcome) {
        CompletableFuture<ClusterView> done;
        lock.lock();
        try {
            done = attempt;
            attempt = null;
        } finally {
            lock.unlock();
        }
        if (done != null) {
            done.complete(outcome);
        }
    }

    private CreateTopicsRequestData request() {
        CreatableTopicConfigCollection configs = new CreatableTopicConfigCollection();
        groups.offsetsTopicSettings()
                .forEach((name, value) ->
                        configs.add(new CreatableTopicConfig().setName(name).setValue(value)));
        CreatableTopicCollection topics = new CreatableTopicCollection();
        topics.add(
                new CreatableTopic()
                        .setName(Topic.GROUP_METADATA_TOPIC_NAME)
                        .setNumPartitions(groups.offsetsPartitions())
                        .setReplicationFactor(replicationFactor)
                        .setConfigs(configs));
        return new CreateTopicsRequestData()
                .setTopics(topics)
                .setTimeoutMs((int) CREATION_TIMEOUT.toMillis());
    }
}
