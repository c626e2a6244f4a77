package io.takhin.broker.api;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsAssignment;
import org.apache.kafka.common.message.CreatePartitionsRequestData.CreatePartitionsTopic;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignmentCollection;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;

/**
 * New topics, cut into operations small enough for the controller, which takes 10,000 records at
 * once: one a topic, one a setting, one a partition. A topic larger than that is created with its
 * first partitions and grows afterwards (ADR 56).
 *
 * @param batches topics to create together, in this order
 * @param growth what topics too large to create at once are to become, by name
 */
record CreationPlan(List<List<CreatableTopic>> batches, Map<String, CreatePartitionsTopic> growth) {
    static final int RECORDS_MAX = 10_000;

    /**
     * How many partitions a step of something larger has. The controller is one thread: while it
     * places partitions it hears no heartbeat, and brokers must not be fenced meanwhile.
     */
    static final int STEP_PARTITIONS = 2_000;

    static CreationPlan of(List<CreatableTopic> topics, boolean validateOnly) {
        List<List<CreatableTopic>> batches = new ArrayList<>();
        Map<String, CreatePartitionsTopic> growth = new LinkedHashMap<>();
        List<CreatableTopic> batch = new ArrayList<>();
        int records = 0;
        for (CreatableTopic topic : topics) {
            CreatableTopic first = topic;
            if (records(topic) > RECORDS_MAX) {
                first = validateOnly ? sample(topic) : firstPart(topic);
                growth.put(topic.name(), rest(topic));
            }
            if (records + records(first) > RECORDS_MAX && !batch.isEmpty()) {
                batches.add(List.copyOf(batch));
                batch.clear();
                records = 0;
            }
            batch.add(first);
            records += records(first);
        }
        if (!batch.isEmpty()) {
            batches.add(List.copyOf(batch));
        }
        return new CreationPlan(batches, growth);
    }

    static int partitions(CreatableTopic topic) {
        return topic.assignments().isEmpty()
                ? Math.max(0, topic.numPartitions())
                : topic.assignments().size();
    }

    private static int records(CreatableTopic topic) {
        return overhead(topic) + partitions(topic);
    }

    /** A setting may cost two: min.insync.replicas also clears the eligible leaders. */
    private static int overhead(CreatableTopic topic) {
        return 1 + 2 * topic.configs().size();
    }

    private static int firstPartitions(CreatableTopic topic) {
        return Math.clamp(RECORDS_MAX - overhead(topic), 1, STEP_PARTITIONS);
    }

    private static CreatableTopic firstPart(CreatableTopic topic) {
        int first = firstPartitions(topic);
        return topic.assignments().isEmpty()
                ? copy(topic, List.of()).setNumPartitions(first)
                : copy(topic, inOrder(topic).subList(0, first));
    }

    /** A small topic the controller accepts if, and only if, it accepts the large one. */
    private static CreatableTopic sample(CreatableTopic topic) {
        if (topic.assignments().isEmpty()) {
            return firstPart(topic);
        }
        Set<List<Integer>> kinds = new HashSet<>();
        List<CreatableReplicaAssignment> samples = new ArrayList<>();
        for (CreatableReplicaAssignment assignment : topic.assignments()) {
            if (kinds.add(assignment.brokerIds())) {
                samples.add(assignment.duplicate().setPartitionIndex(samples.size()));
            }
        }
        return copy(topic, samples);
    }

    private static CreatePartitionsTopic rest(CreatableTopic topic) {
        CreatePartitionsTopic rest =
                new CreatePartitionsTopic().setName(topic.name()).setCount(partitions(topic));
        if (topic.assignments().isEmpty()) {
            return rest.setAssignments(null);
        }
        List<CreatableReplicaAssignment> all = inOrder(topic);
        return rest.setAssignments(
                all.subList(firstPartitions(topic), all.size()).stream()
                        .map(one -> new CreatePartitionsAssignment().setBrokerIds(one.brokerIds()))
                        .toList());
    }

    private static List<CreatableReplicaAssignment> inOrder(CreatableTopic topic) {
        return topic.assignments().stream()
                .sorted(Comparator.comparingInt(CreatableReplicaAssignment::partitionIndex))
                .toList();
    }

    static CreatableTopic copy(CreatableTopic topic) {
        return copy(topic, topic.assignments());
    }

    /**
     * Kafka's own copy takes time that grows with the square of the assignments (its collection
     * rehashes when it is exactly full): a second for 16,000. With some room to spare it is linear.
     */
    private static CreatableTopic copy(
            CreatableTopic topic, Collection<CreatableReplicaAssignment> places) {
        CreatableReplicaAssignmentCollection roomy =
                new CreatableReplicaAssignmentCollection(places.size() + 2);
        places.forEach(place -> roomy.mustAdd(place.duplicate()));
        return new CreatableTopic()
                .setName(topic.name())
                .setNumPartitions(topic.numPartitions())
                .setReplicationFactor(topic.replicationFactor())
                .setAssignments(roomy)
                .setConfigs(topic.configs().duplicate());
    }
}
