package io.takhin.metadata;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.controller.Controller;
import org.apache.kafka.controller.ControllerRequestContext;
import org.apache.kafka.controller.ResultOrError;
import org.jspecify.annotations.Nullable;

/**
 * Deletes topics by name or by id (KIP-516). The controller knows topics by id only: names are
 * looked up first, and both are told in the answer.
 */
final class TopicDeletion {
    private static final Uuid NO_ID = Uuid.ZERO_UUID;

    private final Controller controller;

    TopicDeletion(Controller controller) {
        this.controller = controller;
    }

    CompletableFuture<DeleteTopicsResponseData> delete(
            ControllerRequestContext context, DeleteTopicsRequestData request) {
        Asked asked = Asked.of(request);
        CompletableFuture<Map<String, ResultOrError<Uuid>>> ids =
                controller.findTopicIds(context, asked.names);
        CompletableFuture<Map<Uuid, ResultOrError<String>>> names =
                controller.findTopicNames(context, asked.ids);
        return ids.thenCombine(names, (byName, byId) -> resolve(asked, byName, byId))
                .thenCompose(found -> delete(context, found, asked.refused));
    }

    private CompletableFuture<DeleteTopicsResponseData> delete(
            ControllerRequestContext context,
            Map<Uuid, String> found,
            List<DeletableTopicResult> refused) {
        return controller
                .deleteTopics(context, found.keySet())
                .thenApply(outcomes -> {
                    DeleteTopicsResponseData answer = new DeleteTopicsResponseData();
                    refused.forEach(answer.responses()::add);
                    outcomes.forEach((id, error) ->
                            answer.responses().add(result(found.get(id), id, error)));
                    return answer;
                });
    }

    /** What exists, name by id; what does not is noted as refused. */
    private static Map<Uuid, String> resolve(
            Asked asked,
            Map<String, ResultOrError<Uuid>> byName,
            Map<Uuid, ResultOrError<String>> byId) {
        Map<Uuid, String> found = new HashMap<>();
        Set<Uuid> twice = new HashSet<>();
        byId.forEach((id, name) -> {
            if (name.isError()) {
                asked.refused.add(result(null, id, name.error()));
            } else {
                found.put(id, name.result());
            }
        });
        byName.forEach((name, id) -> {
            if (id.isError()) {
                asked.refused.add(result(name, NO_ID, id.error()));
            } else if (found.put(id.result(), name) != null) {
                twice.add(id.result());
            }
        });
        twice.forEach(id -> {
            found.remove(id);
            asked.refused.add(
                    result(
                            null,
                            id,
                            invalid(
                                    "The provided topic name maps to an ID that was already supplied.")));
        });
        return found;
    }

    private static DeletableTopicResult result(@Nullable String name, Uuid id, ApiError error) {
        return new DeletableTopicResult()
                .setName(name)
                .setTopicId(id)
                .setErrorCode(error.error().code())
                .setErrorMessage(error.message());
    }

    private static ApiError invalid(String why) {
        return new ApiError(Errors.INVALID_REQUEST, why);
    }

    /** What a request names, each thing once; whatever it names twice or not at all is refused. */
    private static final class Asked {
        private final Set<String> names = new HashSet<>();
        private final Set<Uuid> ids = new HashSet<>();
        private final List<DeletableTopicResult> refused = new ArrayList<>();

        static Asked of(DeleteTopicsRequestData request) {
            Asked asked = new Asked();
            Set<String> namesTwice = new HashSet<>();
            Set<Uuid> idsTwice = new HashSet<>();
            // Versions up to 5 carry bare names.
            request.topicNames().forEach(name -> asked.addName(name, namesTwice));
            request.topics().forEach(topic -> asked.add(topic, namesTwice, idsTwice));
            asked.names.removeAll(namesTwice);
            asked.ids.removeAll(idsTwice);
            namesTwice.forEach(name ->
                    asked.refused.add(result(name, NO_ID, invalid("Duplicate topic name."))));
            idsTwice.forEach(
                    id -> asked.refused.add(result(null, id, invalid("Duplicate topic id."))));
            return asked;
        }

        private void add(DeleteTopicState topic, Set<String> namesTwice, Set<Uuid> idsTwice) {
            boolean hasId = !topic.topicId().equals(NO_ID);
            if (topic.name() == null && !hasId) {
                refused.add(
                        result(null, NO_ID, invalid("Neither topic name nor id were specified.")));
            } else if (topic.name() != null && hasId) {
                refused.add(
                        result(
                                topic.name(),
                                topic.topicId(),
                                invalid("You may not specify both topic name and topic id.")));
            } else if (hasId) {
                if (!ids.add(topic.topicId())) {
                    idsTwice.add(topic.topicId());
                }
            } else {
                addName(topic.name(), namesTwice);
            }
        }

        private void addName(String name, Set<String> namesTwice) {
            if (!names.add(name)) {
                namesTwice.add(name);
            }
        }
    }
}
