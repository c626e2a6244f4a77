package io.takhin.broker.api;

import io.takhin.metadata.Quorum;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicCollection;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * Creates topics at their first use. However many clients ask for a topic at the same moment, the
 * controller is asked once, and all of them get its answer.
 *
 * <p>Threads: any.
 */
public final class AutoTopicCreation {
    private static final int TIMEOUT_MILLIS = 30_000;

    private final TopicCreation creation;
    private final Map<String, CompletableFuture<Errors>> underWay = new ConcurrentHashMap<>();

    public AutoTopicCreation(TopicCreation creation) {
        this.creation = creation;
    }

    /**
     * Creates topics that are not in the view, with the broker's defaults.
     *
     * @return for each name: NONE once the controller has it (this broker's view may lag a moment
     *     behind), else why not. Kafka's own internal topics are left to their coordinators. Never
     *     fails.
     */
    public CompletableFuture<Map<String, Errors>> create(
            Collection<String> names, Quorum.Caller caller) {
        Map<String, CompletableFuture<Errors>> wanted = new LinkedHashMap<>();
        Map<String, CompletableFuture<Errors>> mine = new LinkedHashMap<>();
        for (String name : names) {
            Errors never = hopeless(name);
            if (never != Errors.NONE) {
                wanted.put(name, CompletableFuture.completedFuture(never));
            } else {
                wanted.put(
                        name,
                        underWay.computeIfAbsent(
                                name,
                                _ -> {
                                    CompletableFuture<Errors> fresh = new CompletableFuture<>();
                                    mine.put(name, fresh);
                                    return fresh;
                                }));
            }
        }
        ask(mine, caller);
        return CompletableFuture.allOf(wanted.values().toArray(CompletableFuture[]::new))
                .thenApply(_ -> answers(wanted));
    }

    private static Errors hopeless(String name) {
        if (!Topic.isValid(name)) {
            return Errors.INVALID_TOPIC_EXCEPTION;
        }
        return Topic.isInternal(name) || name.equals(Topic.CLUSTER_METADATA_TOPIC_NAME)
                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Errors.NONE;
    }

    @SuppressWarnings("FutureReturnValueIgnored") // The callback is the end of the chain.
    private void ask(Map<String, CompletableFuture<Errors>> mine, Quorum.Caller caller) {
        if (mine.isEmpty()) {
            return;
        }
        CreatableTopicCollection topics = new CreatableTopicCollection();
        mine.keySet().forEach(name -> topics.add(topic(name)));
        CreateTopicsRequestData request =
                new CreateTopicsRequestData().setTopics(topics).setTimeoutMs(TIMEOUT_MILLIS);
        creation.create(request, caller)
                .whenComplete((answer, error) -> {
                    // Whoever asks from now on either sees the topic or starts anew.
                    underWay.keySet().removeAll(List.copyOf(mine.keySet()));
                    mine.forEach((name, waiting) ->
                            waiting.complete(
                                    error == null
                                            ? outcome(answer, name)
                                            : Problem.of(error).error()));
                });
    }

    private static CreatableTopic topic(String name) {
        return new CreatableTopic()
                .setName(name)
                .setNumPartitions(-1)
                .setReplicationFactor((short) -1);
    }

    private static Errors outcome(CreateTopicsResponseData answer, String name) {
        Errors error = Errors.forCode(answer.topics().find(name).errorCode());
        return error == Errors.TOPIC_ALREADY_EXISTS ? Errors.NONE : error;
    }

    private static Map<String, Errors> answers(Map<String, CompletableFuture<Errors>> wanted) {
        Map<String, Errors> answers = new LinkedHashMap<>();
        wanted.forEach((name, answer) -> answers.put(name, answer.join()));
        return answers;
    }
}
