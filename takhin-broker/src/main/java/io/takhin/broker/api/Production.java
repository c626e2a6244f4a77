package io.takhin.broker.api;

import io.takhin.log.Append;
import io.takhin.log.Origin;
import io.takhin.log.Recompressed;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.ClusterView.BrokerNode;
import io.takhin.network.Exchange;
import io.takhin.protocol.BatchHeader;
import io.takhin.replication.CommitWait;
import io.takhin.replication.Partition;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.ProduceResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.ProduceResponseData.NodeEndpoint;
import org.apache.kafka.common.message.ProduceResponseData.PartitionProduceResponse;
import org.apache.kafka.common.message.ProduceResponseData.TopicProduceResponse;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.CompressionType;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;

/**
 * One Produce request on its way: the batches are appended at once, on the connection's loop; the
 * answer goes out when the last of its partitions is committed. The payload is not looked at: it
 * goes from the receive buffer to the file. Only what a topic wants in another codec is compressed
 * anew, away from the loop, while the connection's next requests wait.
 *
 * <p>Threads: appended by the loop, or by the one thread that compresses, after it; each wait then
 * touches its own partition's response, and the last one to end sends the whole.
 */
final class Production {
    private static final short ACKS_ALL = -1;
    private static final short ACKS_LEADER = 1;
    private static final short ACKS_NONE = 0;

    /** From this version on the answer may name the leader to try instead (KIP-951). */
    private static final short CURRENT_LEADER_VERSION = 10;

    /** Before this version a client could not read zstd (KIP-110). */
    private static final short ZSTD_VERSION = 7;

    private final Exchange exchange;
    private final ProduceRequestData request;
    private final ReplicaLookup replicas;
    private final ClusterView view;
    private final long deadlineNanos;
    private final ProduceResponseData response = new ProduceResponseData();

    /**
     * What has to be compressed anew before it is appended; copies, for the frame does not stay.
     */
    private final List<Uncompressed> late = new ArrayList<>(0);

    /** Waits that have not ended, and one for the appending itself. */
    private final AtomicInteger pending = new AtomicInteger(1);

    private volatile boolean failed;

    private record Uncompressed(
            Partition partition,
            ByteBuffer batch,
            PartitionProduceResponse to,
            ClusterView.@Nullable Topic topic) {}

    Production(
            Exchange exchange,
            ProduceRequestData request,
            ReplicaLookup replicas,
            long deadlineNanos) {
        this.exchange = exchange;
        this.request = request;
        this.replicas = replicas;
        this.view = replicas.view();
        this.deadlineNanos = deadlineNanos;
    }

    void run() {
        Errors refused = refusal();
        for (TopicProduceData topic : request.topicData()) {
            response.responses().add(append(topic, refused));
        }
        if (late.isEmpty()) {
            oneDone();
        } else {
            int bytes = late.stream().mapToInt(each -> each.batch.remaining()).sum();
            exchange.runAside(bytes, this::recompressAndAppend);
        }
    }

    private void recompressAndAppend() {
        for (Uncompressed each : late) {
            switch (each.partition.log().recompress(each.batch)) {
                case Recompressed.Done done ->
                        append(each.partition, done.batch(), each.to, each.topic);
                case Recompressed.Refused(Append.Refused refused) ->
                        fail(each.to, refused.error(), refused.why());
            }
        }
        oneDone();
    }

    /** What is wrong with the request as a whole. */
    private Errors refusal() {
        short acks = request.acks();
        if (acks != ACKS_ALL && acks != ACKS_LEADER && acks != ACKS_NONE) {
            return Errors.INVALID_REQUIRED_ACKS;
        }
        // No producer can begin a transaction in this version, so none can be in one.
        return request.transactionalId() == null ? Errors.NONE : Errors.INVALID_TXN_STATE;
    }

    private TopicProduceResponse append(TopicProduceData topic, Errors refused) {
        ClusterView.Topic found =
                topic.name().isEmpty() ? view.topic(topic.topicId()) : view.topic(topic.name());
        TopicProduceResponse answer =
                new TopicProduceResponse()
                        .setName(topic.name())
                        .setTopicId(topic.topicId())
                        .setPartitionResponses(new ArrayList<>(topic.partitionData().size()));
        for (PartitionProduceData data : topic.partitionData()) {
            PartitionProduceResponse to = new PartitionProduceResponse().setIndex(data.index());
            answer.partitionResponses().add(to);
            if (refused != Errors.NONE) {
                fail(to, refused, null);
                continue;
            }
            Partition partition = replicas.find(found, data.index());
            if (found != null && Topic.isInternal(found.name())) {
                fail(
                        to,
                        Errors.INVALID_TOPIC_EXCEPTION,
                        "only the broker writes to " + found.name());
            } else if (partition == null) {
                failMissing(to, topic, found);
            } else {
                append(partition, data, to, found);
            }
        }
        return answer;
    }

    private void append(
            Partition partition,
            PartitionProduceData data,
            PartitionProduceResponse to,
            ClusterView.@Nullable Topic topic) {
        ByteBuffer batch = batch(data);
        if (batch == null) {
            fail(to, Errors.INVALID_RECORD, "a partition's records must be exactly one batch");
            return;
        }
        Problem problem = problem(batch);
        if (problem != null) {
            fail(to, problem.error(), problem.message());
            return;
        }
        if (partition.log().recompresses(batch)) {
            ByteBuffer copy = ByteBuffer.allocate(batch.remaining()).put(batch).flip();
            late.add(new Uncompressed(partition, copy, to, topic));
        } else {
            append(partition, batch, to, topic);
        }
    }

    private void append(
            Partition partition,
            ByteBuffer batch,
            PartitionProduceResponse to,
            ClusterView.@Nullable Topic topic) {
        boolean safe = request.acks() == ACKS_ALL;
        switch (partition.append(batch, Origin.CLIENT, safe)) {
            case Append.Done done -> {
                succeed(to, done.baseOffset(), done.logAppendTime(), done.logStartOffset());
                await(partition, done.lastOffset() + 1, to);
            }
            case Append.Duplicate first -> {
                succeed(to, first.baseOffset(), first.logAppendTime(), first.logStartOffset());
                await(partition, first.lastOffset() + 1, to);
            }
            case Append.Refused refused -> {
                fail(to, refused.error(), refused.why());
                nameLeader(to, topic, refused.error());
            }
        }
    }

    /** The one batch that a partition's records are since version 3; null where they are not. */
    private static @Nullable ByteBuffer batch(PartitionProduceData data) {
        if (!(data.records() instanceof MemoryRecords records)) {
            return null;
        }
        ByteBuffer batch = records.buffer();
        return batch.remaining() >= BatchHeader.BYTES
                        && BatchHeader.sizeInBytes(batch, batch.position()) == batch.remaining()
                ? batch
                : null;
    }

    /** What the log has no eye for. */
    private @Nullable Problem problem(ByteBuffer batch) {
        int at = batch.position();
        int compression = BatchHeader.compressionId(batch, at);
        if (exchange.request().version() < ZSTD_VERSION && compression == CompressionType.ZSTD.id) {
            return new Problem(Errors.UNSUPPORTED_COMPRESSION_TYPE, "zstd needs Produce version 7");
        }
        if (BatchHeader.isTransactional(batch, at)) {
            // Nobody could end it, and readers of committed records would wait for its end.
            return new Problem(Errors.INVALID_TXN_STATE, "transactions are not in this version");
        }
        ByteBuffer payload =
                batch.slice(at + BatchHeader.BYTES, batch.remaining() - BatchHeader.BYTES);
        return compression == CompressionType.SNAPPY.id && !SnappyFraming.isHonest(payload)
                ? new Problem(Errors.CORRUPT_MESSAGE, "these are not the frames of snappy")
                : null;
    }

    private static void succeed(
            PartitionProduceResponse to, long baseOffset, long appendTime, long logStart) {
        to.setBaseOffset(baseOffset).setLogAppendTimeMs(appendTime).setLogStartOffset(logStart);
    }

    private void await(Partition partition, long end, PartitionProduceResponse to) {
        boolean safe = request.acks() == ACKS_ALL;
        if (!safe && (request.acks() == ACKS_NONE || !partition.isFlushAwaited(end))) {
            return;
        }
        pending.incrementAndGet();
        partition.await(
                // The timeout of a request is for acks=all alone.
                new CommitWait(end, safe ? deadlineNanos : Long.MAX_VALUE) {
                    @Override
                    protected void done(Errors outcome) {
                        if (outcome != Errors.NONE) {
                            fail(to, outcome, null);
                        }
                        oneDone();
                    }
                });
    }

    private void failMissing(
            PartitionProduceResponse to,
            TopicProduceData named,
            ClusterView.@Nullable Topic topic) {
        Errors error =
                named.name().isEmpty()
                        ? ReplicaLookup.whyMissing(named.topicId(), topic, to.index())
                        : ReplicaLookup.whyMissing(topic, to.index());
        fail(to, error, null);
        nameLeader(to, topic, error);
    }

    private void fail(PartitionProduceResponse to, Errors error, @Nullable String why) {
        failed = true;
        to.setErrorCode(error.code())
                .setErrorMessage(why)
                .setBaseOffset(-1)
                .setLogAppendTimeMs(-1)
                .setLogStartOffset(-1);
    }

    private void nameLeader(
            PartitionProduceResponse to, ClusterView.@Nullable Topic topic, Errors error) {
        if (error != Errors.NOT_LEADER_OR_FOLLOWER
                || topic == null
                || exchange.request().version() < CURRENT_LEADER_VERSION) {
            return;
        }
        ClusterView.Partition partition = topic.partitions().get(to.index());
        to.setCurrentLeader(
                new LeaderIdAndEpoch()
                        .setLeaderId(partition.leader())
                        .setLeaderEpoch(partition.leaderEpoch()));
        BrokerNode leader = view.broker(partition.leader());
        if (leader != null && response.nodeEndpoints().find(leader.id()) == null) {
            response.nodeEndpoints()
                    .add(
                            new NodeEndpoint()
                                    .setNodeId(leader.id())
                                    .setHost(leader.host())
                                    .setPort(leader.port())
                                    .setRack(leader.rack()));
        }
    }

    private void oneDone() {
        if (pending.decrementAndGet() > 0) {
            return;
        }
        if (request.acks() != ACKS_NONE) {
            exchange.reply(response);
        } else if (failed) {
            // Without an answer, a closed connection is the only way to tell the producer.
            exchange.disconnect("produce with acks=0 failed");
        } else {
            exchange.replyNothing();
        }
    }
}
