package io.takhin.coordinator;

import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData.OffsetFetchRequestGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseGroup;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponsePartitions;
import org.apache.kafka.common.message.OffsetFetchResponseData.OffsetFetchResponseTopics;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/**
 * How far the committed offsets of this broker's groups are behind the partitions they are in.
 *
 * <p>Threads: any. Nothing is kept between measurements; one costs the groups' thread a read per
 * group.
 */
public final class GroupLag {
    private final GroupCoordination groups;
    private final HighWatermarks highWatermarks;

    public GroupLag(GroupCoordination groups, HighWatermarks highWatermarks) {
        this.groups = groups;
        this.highWatermarks = highWatermarks;
    }

    /**
     * One group in one partition.
     *
     * @param messages from the committed offset to the high watermark; 0 where the log was cut back
     *     below the commit
     */
    public record Lag(String group, String topic, int partition, long messages) {}

    /**
     * Measures now. Partitions led elsewhere and groups that are still loading are left out.
     *
     * @param lagsMax at most so many are answered, so that a flood of groups cannot make a scrape
     *     endless
     */
    public CompletableFuture<List<Lag>> measure(int lagsMax) {
        ListGroupsRequestData withOffsets =
                new ListGroupsRequestData().setTypesFilter(List.of("classic", "consumer"));
        return groups.listGroups(new Self(ApiKeys.LIST_GROUPS), withOffsets)
                .thenCompose(listed -> offsetsOf(listed, lagsMax))
                .thenApply(fetched -> fetched.stream().flatMap(this::lags).limit(lagsMax).toList());
    }

    private CompletableFuture<List<OffsetFetchResponseGroup>> offsetsOf(
            ListGroupsResponseData listed, int groupsMax) {
        List<CompletableFuture<OffsetFetchResponseGroup>> fetches =
                listed.groups().stream()
                        .limit(groupsMax)
                        .map(group -> offsetsOf(group.groupId()))
                        .toList();
        return CompletableFuture.allOf(fetches.toArray(CompletableFuture[]::new))
                .thenApply(_ -> fetches.stream().map(CompletableFuture::join).toList());
    }

    private CompletableFuture<OffsetFetchResponseGroup> offsetsOf(String groupId) {
        OffsetFetchRequestGroup all = new OffsetFetchRequestGroup().setGroupId(groupId);
        return groups.fetchOffsets(new Self(ApiKeys.OFFSET_FETCH), all.setTopics(null), false)
                .exceptionally(
                        // Deleted or moved away since it was listed.
                        error ->
                                new OffsetFetchResponseGroup()
                                        .setGroupId(groupId)
                                        .setErrorCode(Errors.forException(error).code()));
    }

    private Stream<Lag> lags(OffsetFetchResponseGroup group) {
        List<Lag> lags = new ArrayList<>();
        for (OffsetFetchResponseTopics topic : group.topics()) {
            for (OffsetFetchResponsePartitions partition : topic.partitions()) {
                OptionalLong end =
                        highWatermarks.of(
                                new TopicPartition(topic.name(), partition.partitionIndex()));
                if (end.isPresent() && partition.committedOffset() >= 0) {
                    long messages = Math.max(0, end.getAsLong() - partition.committedOffset());
                    lags.add(
                            new Lag(
                                    group.groupId(),
                                    topic.name(),
                                    partition.partitionIndex(),
                                    messages));
                }
            }
        }
        return lags.stream();
    }

    /** The broker asking itself. */
    private record Self(ApiKeys key) implements AuthorizableRequestContext {
        @Override
        public String listenerName() {
            return "";
        }

        @Override
        public SecurityProtocol securityProtocol() {
            return SecurityProtocol.PLAINTEXT;
        }

        @Override
        public KafkaPrincipal principal() {
            return KafkaPrincipal.ANONYMOUS;
        }

        @Override
        public InetAddress clientAddress() {
            return InetAddress.getLoopbackAddress();
        }

        @Override
        public int requestType() {
            return key.id;
        }

        @Override
        public int requestVersion() {
            return key.latestVersion();
        }

        @Override
        public String clientId() {
            return "takhin-metrics";
        }

        @Override
        public int correlationId() {
            return 0;
        }
    }
}
