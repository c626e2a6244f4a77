package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.metadata.ClusterView.BrokerNode;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.MetadataRequestData.MetadataRequestTopic;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseBroker;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponsePartition;
import org.apache.kafka.common.message.MetadataResponseData.MetadataResponseTopic;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** The Metadata response, made from one view of the cluster. */
final class MetadataAnswer {
    /** From this version on a request may name topics by their ids. */
    private static final short TOPIC_ID_VERSION = 12;

    /** From this version on the answer may leave out the name of an unknown id. */
    private static final short NULL_NAME_VERSION = 12;

    private final ClusterView view;
    private final short version;
    private final Map<String, Errors> creation;

    /**
     * @param creation how the creation of topics ended that were not there
     */
    MetadataAnswer(ClusterView view, short version, Map<String, Errors> creation) {
        this.view = view;
        this.version = version;
        this.creation = creation;
    }

    MetadataResponseData to(MetadataRequestData request) {
        MetadataResponseData response =
                new MetadataResponseData()
                        .setClusterId(view.clusterId())
                        .setControllerId(controller());
        for (BrokerNode broker : view.brokers()) {
            if (broker.alive()) {
                response.brokers()
                        .add(
                                new MetadataResponseBroker()
                                        .setNodeId(broker.id())
                                        .setHost(broker.host())
                                        .setPort(broker.port())
                                        .setRack(broker.rack()));
            }
        }
        if (request.includeClusterAuthorizedOperations()) {
            response.setClusterAuthorizedOperations(AuthorizedOperations.CLUSTER);
        }
        boolean operations = request.includeTopicAuthorizedOperations();
        if (wantsAll(request)) {
            view.topics().forEach(topic -> response.topics().add(describe(topic, operations)));
        } else {
            request.topics().forEach(wanted -> response.topics().add(find(wanted, operations)));
        }
        return response;
    }

    /** Refuses what a version has fields for, but no meaning, as Kafka does. */
    static void requireMeaning(MetadataRequestData request, short version) {
        if (request.topics() == null || version >= TOPIC_ID_VERSION) {
            return;
        }
        for (MetadataRequestTopic topic : request.topics()) {
            if (topic.name() == null || isById(topic)) {
                throw new InvalidRequestException(
                        "Version %d of Metadata names topics, not their ids.".formatted(version));
            }
        }
    }

    /** Null means all topics; in version 0, which knew no null, the empty list did. */
    private boolean wantsAll(MetadataRequestData request) {
        return request.topics() == null || (version == 0 && request.topics().isEmpty());
    }

    /**
     * Any broker takes what is meant for the controller, so one that clients can reach is named.
     */
    private int controller() {
        BrokerNode active =
                view.controllerId().isPresent()
                        ? view.broker(view.controllerId().getAsInt())
                        : null;
        if (active != null && active.alive()) {
            return active.id();
        }
        return view.brokers().stream()
                .filter(BrokerNode::alive)
                .mapToInt(BrokerNode::id)
                .min()
                .orElse(-1);
    }

    private MetadataResponseTopic find(MetadataRequestTopic wanted, boolean operations) {
        boolean byId = isById(wanted);
        ClusterView.Topic topic = lookUp(wanted);
        if (topic != null) {
            return describe(topic, operations);
        }
        return new MetadataResponseTopic()
                .setName(byId ? unnamed() : wanted.name())
                .setTopicId(wanted.topicId())
                .setErrorCode((byId ? Errors.UNKNOWN_TOPIC_ID : whyMissing(wanted)).code());
    }

    private ClusterView.@Nullable Topic lookUp(MetadataRequestTopic wanted) {
        if (isById(wanted)) {
            return view.topic(wanted.topicId());
        }
        return wanted.name() == null ? null : view.topic(wanted.name());
    }

    /** Clients that name a topic by id leave its name null, or empty (KIP-516). */
    static boolean isById(MetadataRequestTopic wanted) {
        return !wanted.topicId().equals(Uuid.ZERO_UUID);
    }

    private @Nullable String unnamed() {
        return version < NULL_NAME_VERSION ? "" : null;
    }

    private Errors whyMissing(MetadataRequestTopic wanted) {
        if (wanted.name() == null) {
            return Errors.INVALID_TOPIC_EXCEPTION;
        }
        Errors outcome = creation.get(wanted.name());
        if (outcome != null) {
            // Created, but not seen here yet: the client is to ask again.
            return outcome == Errors.NONE ? Errors.LEADER_NOT_AVAILABLE : outcome;
        }
        return Topic.isValid(wanted.name())
                ? Errors.UNKNOWN_TOPIC_OR_PARTITION
                : Errors.INVALID_TOPIC_EXCEPTION;
    }

    private MetadataResponseTopic describe(ClusterView.Topic topic, boolean operations) {
        MetadataResponseTopic answer =
                new MetadataResponseTopic()
                        .setName(topic.name())
                        .setTopicId(topic.id())
                        .setIsInternal(Topic.isInternal(topic.name()));
        if (operations) {
            answer.setTopicAuthorizedOperations(AuthorizedOperations.TOPIC);
        }
        topic.partitions().forEach(partition -> answer.partitions().add(describe(partition)));
        return answer;
    }

    private MetadataResponsePartition describe(ClusterView.Partition partition) {
        boolean led = isAlive(partition.leader());
        List<Integer> offline =
                partition.replicas().stream().filter(replica -> !isAlive(replica)).toList();
        return new MetadataResponsePartition()
                .setPartitionIndex(partition.index())
                .setErrorCode((led ? Errors.NONE : Errors.LEADER_NOT_AVAILABLE).code())
                .setLeaderId(led ? partition.leader() : -1)
                .setLeaderEpoch(partition.leaderEpoch())
                .setReplicaNodes(partition.replicas())
                .setIsrNodes(partition.inSync())
                .setOfflineReplicas(offline);
    }

    private boolean isAlive(int brokerId) {
        BrokerNode broker = view.broker(brokerId);
        return broker != null && broker.alive();
    }
}
