package io.takhin.broker.api;

import io.takhin.broker.topicconfig.BrokerDefaults;
import io.takhin.broker.topicconfig.TopicSettings;
import io.takhin.metadata.ClusterView;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopicConfig;
import org.apache.kafka.common.protocol.Errors;

/**
 * What can be said of a new topic without asking the controller. The controller remains the judge
 * of names, collisions, existing topics and assignments; here is what it cannot know: this broker's
 * defaults, and what this version does not do.
 */
final class TopicScreening {
    /** More in one request is a mistake, or an attack on the controller. */
    static final int PARTITIONS_MAX = 100_000;

    private static final String ONE_REPLICA =
            "data replication is not in this version of Takhin, so every partition has one replica";

    private final BrokerDefaults defaults;

    TopicScreening(BrokerDefaults defaults) {
        this.defaults = defaults;
    }

    /** The topics of a request that may be created, with defaults filled in, and the others. */
    record Screened(Map<String, CreatableTopic> accepted, Map<String, Problem> refused) {}

    Screened screen(Iterable<CreatableTopic> topics, ClusterView view) {
        Map<String, CreatableTopic> accepted = new LinkedHashMap<>();
        Map<String, Problem> refused = new HashMap<>();
        for (CreatableTopic topic : topics) {
            String name = topic.name();
            if (refused.containsKey(name) || accepted.remove(name) != null) {
                refused.put(name, Problem.invalidRequest("Duplicate topic name."));
                continue;
            }
            CreatableTopic complete = withDefaults(topic);
            problem(complete, view)
                    .ifPresentOrElse(
                            problem -> refused.put(name, problem),
                            () -> accepted.put(name, complete));
        }
        return new Screened(accepted, refused);
    }

    /** The request as a whole may be too large. */
    Optional<Problem> problem(Screened screened) {
        long partitions =
                screened.accepted().values().stream().mapToLong(CreationPlan::partitions).sum();
        return partitions <= PARTITIONS_MAX
                ? Optional.empty()
                : Optional.of(
                        new Problem(
                                Errors.POLICY_VIOLATION,
                                "Excessively large number of partitions per request."));
    }

    private CreatableTopic withDefaults(CreatableTopic topic) {
        CreatableTopic complete = CreationPlan.copy(topic);
        if (topic.assignments().isEmpty() && topic.numPartitions() == -1) {
            complete.setNumPartitions(defaults.number("num.partitions"));
        }
        if (topic.assignments().isEmpty() && topic.replicationFactor() == -1) {
            complete.setReplicationFactor((short) defaults.number("default.replication.factor"));
        }
        return complete;
    }

    private Optional<Problem> problem(CreatableTopic topic, ClusterView view) {
        if (topic.name().equals(Topic.CLUSTER_METADATA_TOPIC_NAME)) {
            return Optional.of(
                    Problem.invalidRequest(
                            "Creation of internal topic "
                                    + Topic.CLUSTER_METADATA_TOPIC_NAME
                                    + " is prohibited."));
        }
        // A client that creates what is there wants to hear that first of all.
        if (view.topic(topic.name()) != null || !Topic.isValid(topic.name())) {
            return Optional.empty();
        }
        return replicaProblem(topic).or(() -> configProblem(topic));
    }

    private static Optional<Problem> replicaProblem(CreatableTopic topic) {
        if (topic.assignments().isEmpty() && topic.replicationFactor() > 1) {
            return Optional.of(
                    new Problem(
                            Errors.INVALID_REPLICATION_FACTOR,
                            "Unable to replicate the partition %d time(s): %s."
                                    .formatted(topic.replicationFactor(), ONE_REPLICA)));
        }
        if (topic.replicationFactor() == -1 && topic.numPartitions() == -1) {
            return assignmentProblem(topic);
        }
        return Optional.empty();
    }

    private static Optional<Problem> assignmentProblem(CreatableTopic topic) {
        Set<Integer> indexes = new HashSet<>();
        int highest = -1;
        for (CreatableReplicaAssignment assignment : topic.assignments()) {
            int index = assignment.partitionIndex();
            if (assignment.brokerIds().size() > 1) {
                return assignmentProblem(
                        "Partition %d cannot have %d replicas: %s."
                                .formatted(index, assignment.brokerIds().size(), ONE_REPLICA));
            }
            if (!indexes.add(index)) {
                return assignmentProblem(
                        "Found multiple manual partition assignments for partition " + index);
            }
            highest = index < 0 ? Integer.MAX_VALUE : Math.max(highest, index);
        }
        return highest < topic.assignments().size()
                ? Optional.empty()
                : assignmentProblem("partitions should be a consecutive 0-based integer sequence");
    }

    private static Optional<Problem> assignmentProblem(String message) {
        return Optional.of(new Problem(Errors.INVALID_REPLICA_ASSIGNMENT, message));
    }

    private static Optional<Problem> configProblem(CreatableTopic topic) {
        String nulls =
                topic.configs().stream()
                        .filter(config -> config.value() == null)
                        .map(CreatableTopicConfig::name)
                        .collect(Collectors.joining(","));
        if (!nulls.isEmpty()) {
            return Optional.of(
                    new Problem(
                            Errors.INVALID_CONFIG,
                            "Null value not supported for topic configs: " + nulls));
        }
        return TopicSettings.problem(overrides(topic))
                .map(message -> new Problem(Errors.INVALID_CONFIG, message));
    }

    /** The settings a topic is to be created with. */
    static Map<String, String> overrides(CreatableTopic topic) {
        return topic.configs().stream()
                .collect(
                        Collectors.toMap(
                                CreatableTopicConfig::name,
                                CreatableTopicConfig::value,
                                (_, last) -> last));
    }
}
