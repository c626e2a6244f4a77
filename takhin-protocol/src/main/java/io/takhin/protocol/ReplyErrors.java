package io.takhin.protocol;

import java.util.EnumSet;
import java.util.Set;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.CreatePartitionsResponseData;
import org.apache.kafka.common.message.CreateTopicsResponseData;
import org.apache.kafka.common.message.DeleteGroupsResponseData;
import org.apache.kafka.common.message.DeleteRecordsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeConfigsResponseData;
import org.apache.kafka.common.message.DescribeGroupsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeProducersResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeTopicPartitionsResponseData;
import org.apache.kafka.common.message.ElectLeadersResponseData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.message.MetadataResponseData;
import org.apache.kafka.common.message.OffsetCommitResponseData;
import org.apache.kafka.common.message.OffsetDeleteResponseData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.OffsetForLeaderEpochResponseData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.AlterConfigsResponse;
import org.apache.kafka.common.requests.AlterPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.ApiVersionsResponse;
import org.apache.kafka.common.requests.ConsumerGroupDescribeResponse;
import org.apache.kafka.common.requests.ConsumerGroupHeartbeatResponse;
import org.apache.kafka.common.requests.CreatePartitionsResponse;
import org.apache.kafka.common.requests.CreateTopicsResponse;
import org.apache.kafka.common.requests.DeleteGroupsResponse;
import org.apache.kafka.common.requests.DeleteRecordsResponse;
import org.apache.kafka.common.requests.DeleteTopicsResponse;
import org.apache.kafka.common.requests.DescribeClusterResponse;
import org.apache.kafka.common.requests.DescribeConfigsResponse;
import org.apache.kafka.common.requests.DescribeGroupsResponse;
import org.apache.kafka.common.requests.DescribeLogDirsResponse;
import org.apache.kafka.common.requests.DescribeProducersResponse;
import org.apache.kafka.common.requests.DescribeQuorumResponse;
import org.apache.kafka.common.requests.DescribeTopicPartitionsResponse;
import org.apache.kafka.common.requests.ElectLeadersResponse;
import org.apache.kafka.common.requests.FindCoordinatorResponse;
import org.apache.kafka.common.requests.HeartbeatResponse;
import org.apache.kafka.common.requests.IncrementalAlterConfigsResponse;
import org.apache.kafka.common.requests.InitProducerIdResponse;
import org.apache.kafka.common.requests.JoinGroupResponse;
import org.apache.kafka.common.requests.LeaveGroupResponse;
import org.apache.kafka.common.requests.ListConfigResourcesResponse;
import org.apache.kafka.common.requests.ListGroupsResponse;
import org.apache.kafka.common.requests.ListOffsetsResponse;
import org.apache.kafka.common.requests.ListPartitionReassignmentsResponse;
import org.apache.kafka.common.requests.MetadataResponse;
import org.apache.kafka.common.requests.OffsetCommitResponse;
import org.apache.kafka.common.requests.OffsetDeleteResponse;
import org.apache.kafka.common.requests.OffsetFetchResponse;
import org.apache.kafka.common.requests.OffsetsForLeaderEpochResponse;
import org.apache.kafka.common.requests.SyncGroupResponse;
import org.apache.kafka.common.requests.UnregisterBrokerResponse;
import org.apache.kafka.common.requests.UpdateFeaturesResponse;
import org.jspecify.annotations.Nullable;

/**
 * What went wrong in an answer, for counting. An answer may carry an error for each of its parts.
 */
public final class ReplyErrors {
    private static final short OK = Errors.NONE.code();

    private ReplyErrors() {}

    /**
     * The errors in an answer, each once; empty for one that says all is well. Costs a look at each
     * part of the answer, and nothing else for those that are frequent.
     *
     * @param version in which it is sent
     */
    public static Set<Errors> in(ApiMessage response, short version) {
        return switch (response) {
            case ProduceResponseData produce -> in(produce);
            case FetchResponseData fetch -> in(fetch);
            default -> inOther(response, version);
        };
    }

    private static Set<Errors> in(ProduceResponseData response) {
        Set<Errors> found = Set.of();
        for (ProduceResponseData.TopicProduceResponse topic : response.responses()) {
            for (var partition : topic.partitionResponses()) {
                found = with(found, partition.errorCode());
            }
        }
        return found;
    }

    private static Set<Errors> in(FetchResponseData response) {
        Set<Errors> found = with(Set.of(), response.errorCode());
        for (FetchResponseData.FetchableTopicResponse topic : response.responses()) {
            for (var partition : topic.partitions()) {
                found = with(found, partition.errorCode());
            }
        }
        return found;
    }

    private static Set<Errors> with(Set<Errors> found, short code) {
        if (code == OK) {
            return found;
        }
        Set<Errors> more = found.isEmpty() ? EnumSet.noneOf(Errors.class) : found;
        more.add(Errors.forCode(code));
        return more;
    }

    private static Set<Errors> inOther(ApiMessage response, short version) {
        AbstractResponse known = asKafkaResponse(response, version);
        if (known == null) {
            return Set.of();
        }
        Set<Errors> found = EnumSet.noneOf(Errors.class);
        found.addAll(known.errorCounts().keySet());
        found.remove(Errors.NONE);
        return found;
    }

    /** Kafka's own view of an answer, which knows where its errors are; null where none is kept. */
    private static @Nullable AbstractResponse asKafkaResponse(ApiMessage response, short version) {
        return switch (response) {
            case ListOffsetsResponseData it -> new ListOffsetsResponse(it);
            case OffsetCommitResponseData it -> new OffsetCommitResponse(it);
            case FindCoordinatorResponseData it -> new FindCoordinatorResponse(it);
            case HeartbeatResponseData it -> new HeartbeatResponse(it);
            case LeaveGroupResponseData it -> new LeaveGroupResponse(it);
            case SyncGroupResponseData it -> new SyncGroupResponse(it);
            case DescribeGroupsResponseData it -> new DescribeGroupsResponse(it);
            case ListGroupsResponseData it -> new ListGroupsResponse(it);
            case CreateTopicsResponseData it -> new CreateTopicsResponse(it);
            case DeleteTopicsResponseData it -> new DeleteTopicsResponse(it);
            case DeleteRecordsResponseData it -> new DeleteRecordsResponse(it);
            case InitProducerIdResponseData it -> new InitProducerIdResponse(it);
            case DescribeConfigsResponseData it -> new DescribeConfigsResponse(it);
            case AlterConfigsResponseData it -> new AlterConfigsResponse(it);
            case CreatePartitionsResponseData it -> new CreatePartitionsResponse(it);
            case DeleteGroupsResponseData it -> new DeleteGroupsResponse(it);
            case ElectLeadersResponseData it -> new ElectLeadersResponse(it);
            case IncrementalAlterConfigsResponseData it -> new IncrementalAlterConfigsResponse(it);
            case OffsetDeleteResponseData it -> new OffsetDeleteResponse(it);
            case DescribeClusterResponseData it -> new DescribeClusterResponse(it);
            case DescribeProducersResponseData it -> new DescribeProducersResponse(it);
            case DescribeQuorumResponseData it -> new DescribeQuorumResponse(it);
            case UpdateFeaturesResponseData it -> new UpdateFeaturesResponse(it);
            case UnregisterBrokerResponseData it -> new UnregisterBrokerResponse(it);
            case ConsumerGroupHeartbeatResponseData it -> new ConsumerGroupHeartbeatResponse(it);
            case ConsumerGroupDescribeResponseData it -> new ConsumerGroupDescribeResponse(it);
            case DescribeTopicPartitionsResponseData it -> new DescribeTopicPartitionsResponse(it);
            case ListConfigResourcesResponseData it -> new ListConfigResourcesResponse(it);
            case AlterPartitionReassignmentsResponseData it ->
                    new AlterPartitionReassignmentsResponse(it);
            case ListPartitionReassignmentsResponseData it ->
                    new ListPartitionReassignmentsResponse(it);
            case DescribeLogDirsResponseData it -> new DescribeLogDirsResponse(it);
            case ApiVersionsResponseData it -> new ApiVersionsResponse(it);
            case OffsetForLeaderEpochResponseData it -> new OffsetsForLeaderEpochResponse(it);
            case OffsetFetchResponseData it -> new OffsetFetchResponse(it, version);
            case JoinGroupResponseData it -> new JoinGroupResponse(it, version);
            case MetadataResponseData it -> new MetadataResponse(it, version);
            default -> null;
        };
    }
}
