package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.jspecify.annotations.Nullable;

/**
 * DeleteTopics, by name or by id (KIP-516). The controller always gets the form of version 6, one
 * entry for each topic.
 */
public final class DeleteTopicsHandler implements ApiHandler {
    private static final short BY_ID = 6;

    private final Controller controller;
    private final Supplier<ClusterView> view;

    public DeleteTopicsHandler(Controller controller, Supplier<ClusterView> view) {
        this.controller = controller;
        this.view = view;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DELETE_TOPICS;
    }

    @Override
    public void handle(Exchange exchange) {
        DeleteTopicsRequestData request = (DeleteTopicsRequestData) exchange.request().body();
        Sorted sorted = new Sorted(view.get());
        wanted(request, exchange.request().version()).forEach(sorted::add);
        if (sorted.accepted.isEmpty()) {
            exchange.reply(withRefusals(new DeleteTopicsResponseData(), sorted));
            return;
        }
        Controller.Session session =
                controller.session(Controller.callerOf(exchange), request.timeoutMs());
        DeleteTopicsRequestData question =
                new DeleteTopicsRequestData()
                        .setTopics(List.copyOf(sorted.accepted.values()))
                        .setTimeoutMs(request.timeoutMs());
        Answers.give(
                exchange,
                session.ask(question, DeleteTopicsResponseData.class)
                        .thenApply(answer -> withRefusals(answer, sorted)),
                problem -> withRefusals(failed(sorted, problem), sorted));
    }

    private static List<DeleteTopicState> wanted(DeleteTopicsRequestData request, short version) {
        return version >= BY_ID
                ? request.topics()
                : request.topicNames().stream()
                        .map(name -> new DeleteTopicState().setName(name))
                        .toList();
    }

    private static DeleteTopicsResponseData failed(Sorted sorted, Problem problem) {
        DeleteTopicsResponseData answer = new DeleteTopicsResponseData();
        sorted.accepted
                .values()
                .forEach(topic ->
                        answer.responses().add(result(topic.name(), topic.topicId(), problem)));
        return answer;
    }

    private static DeleteTopicsResponseData withRefusals(
            DeleteTopicsResponseData answer, Sorted sorted) {
        sorted.refused.forEach(result -> answer.responses().add(result));
        return answer;
    }

    private static DeletableTopicResult result(@Nullable String name, Uuid id, Problem problem) {
        return new DeletableTopicResult()
                .setName(name)
                .setTopicId(id)
                .setErrorCode(problem.code())
                .setErrorMessage(problem.message());
    }

    /** What a request names, once each, and what is wrong with the rest. */
    private static final class Sorted {
        private final ClusterView view;
        private final Map<Object, DeleteTopicState> accepted = new HashMap<>();
        private final Set<Object> duplicates = new LinkedHashSet<>();
        private final List<DeletableTopicResult> refused = new ArrayList<>();

        Sorted(ClusterView view) {
            this.view = view;
        }

        void add(DeleteTopicState topic) {
            boolean named = topic.name() != null;
            boolean identified = !topic.topicId().equals(Uuid.ZERO_UUID);
            if (named && identified) {
                refuse(topic, "You may not specify both topic name and topic id.");
            } else if (named) {
                addOnce(topic.name(), topic, "Duplicate topic name.");
            } else if (identified) {
                addOnce(topic.topicId(), topic, "Duplicate topic id.");
            } else {
                refuse(topic, "Neither topic name nor id were specified.");
            }
        }

        private void addOnce(Object key, DeleteTopicState topic, String ifTwice) {
            if (duplicates.contains(key)) {
                return;
            }
            if (accepted.remove(key) != null) {
                duplicates.add(key);
                refuse(topic, ifTwice);
            } else if (otherwiseNamed(topic)) {
                duplicates.add(key);
                refuse(topic, "The provided topic name maps to an ID that was already supplied.");
            } else {
                accepted.put(key, topic.duplicate());
            }
        }

        /** Whether the same topic is there already, by its id where this is its name or reverse. */
        private boolean otherwiseNamed(DeleteTopicState topic) {
            ClusterView.Topic known =
                    topic.name() != null ? view.topic(topic.name()) : view.topic(topic.topicId());
            return known != null
                    && accepted.containsKey(topic.name() != null ? known.id() : known.name());
        }

        private void refuse(DeleteTopicState topic, String why) {
            refused.add(result(topic.name(), topic.topicId(), Problem.invalidRequest(why)));
        }
    }
}
