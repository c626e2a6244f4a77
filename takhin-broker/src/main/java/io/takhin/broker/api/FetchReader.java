package io.takhin.broker.api;

import io.takhin.log.LogRead;
import io.takhin.metadata.ClusterView;
import io.takhin.metadata.ClusterView.BrokerNode;
import io.takhin.replication.Partition;
import io.takhin.replication.ReadUpTo;
import java.util.List;
import java.util.stream.Stream;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchResponseData.AbortedTransaction;
import org.apache.kafka.common.message.FetchResponseData.EpochEndOffset;
import org.apache.kafka.common.message.FetchResponseData.LeaderIdAndEpoch;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpoint;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what one Fetch request asks for, as often as it takes. */
final class FetchReader {
    private static final Logger log = LoggerFactory.getLogger(FetchReader.class);

    /** Kafka's {@code fetch.max.bytes}: no answer is larger, whatever the client asks. */
    private static final int BYTES_MAX = 55 * 1024 * 1024;

    /** From this version on the answer may name the leader to try instead (KIP-951). */
    private static final short CURRENT_LEADER_VERSION = 12;

    private static final short NODE_ENDPOINTS_VERSION = 16;

    private final FetchRequestData request;
    private final short version;
    private final ReplicaLookup replicas;
    private final ReadUpTo upTo;

    FetchReader(FetchRequestData request, short version, ReplicaLookup replicas) {
        this.request = request;
        this.version = version;
        this.replicas = replicas;
        this.upTo = upTo(request);
    }

    private static ReadUpTo upTo(FetchRequestData request) {
        if (request.replicaId() >= 0 || request.replicaState().replicaId() >= 0) {
            return ReadUpTo.LOG_END;
        }
        return request.isolationLevel() == IsolationLevel.READ_COMMITTED.id()
                ? ReadUpTo.LAST_STABLE
                : ReadUpTo.HIGH_WATERMARK;
    }

    FetchPass read(FetchSession session) {
        ClusterView view = replicas.view();
        session.lock().lock();
        try {
            var targets = session.targets();
            FetchPass pass = new FetchPass(session, targets.size());
            int budget = Math.min(request.maxBytes(), BYTES_MAX);
            boolean whole = false;
            try {
                for (FetchTarget target : targets) {
                    pass.add(target, read(target, budget - pass.bytes(), pass, view));
                }
                whole = true;
            } finally {
                if (!whole) {
                    pass.release();
                }
            }
            return pass;
        } finally {
            session.lock().unlock();
        }
    }

    /** Whether any partition has more to read than when it was last looked at. */
    boolean hasMoved(FetchSession session) {
        session.lock().lock();
        try {
            return session.targets().stream().anyMatch(this::hasMoved);
        } finally {
            session.lock().unlock();
        }
    }

    private boolean hasMoved(FetchTarget target) {
        Partition partition = find(target);
        return partition == null || partition.end(upTo) != target.endSeen();
    }

    /** Those that are here. */
    List<Partition> partitions(FetchSession session) {
        session.lock().lock();
        try {
            return session.targets().stream()
                    .flatMap(target -> Stream.ofNullable(find(target)))
                    .toList();
        } finally {
            session.lock().unlock();
        }
    }

    private @Nullable Partition find(FetchTarget target) {
        return replicas.find(topic(target.key(), replicas.view()), target.key().index());
    }

    private static ClusterView.@Nullable Topic topic(FetchTarget.Key key, ClusterView view) {
        return key.topicId().equals(Uuid.ZERO_UUID)
                ? view.topic(key.topic())
                : view.topic(key.topicId());
    }

    private PartitionData read(FetchTarget target, int budget, FetchPass pass, ClusterView view) {
        FetchTarget.Key key = target.key();
        ClusterView.Topic topic = topic(key, view);
        Partition partition = replicas.find(topic, key.index());
        if (partition == null) {
            Errors why = ReplicaLookup.whyMissing(key.topicId(), topic, key.index());
            return refused(key, why, topic, pass, view);
        }
        FetchPartition wanted = target.wanted();
        Errors fenced = partition.checkLeader(wanted.currentLeaderEpoch());
        if (fenced != Errors.NONE) {
            return refused(key, fenced, topic, pass, view);
        }
        target.sawEnd(partition.end(upTo));
        PartitionData data = empty(key, partition);
        try {
            if (wanted.lastFetchedEpoch() >= 0 && !partition.log().epochs().areChecked()) {
                pass.addUnchecked(new LogRead.Unchecked(0, partition.log().epochs()::check));
            } else if (!diverged(partition, wanted, data)) {
                read(partition, wanted, budget, pass, data);
            }
            return data;
        } catch (ApiException e) {
            // The other partitions have their own disks and their own luck.
            log.warn("cannot read {}: {}", partition.topicPartition(), e.getMessage());
            return refused(key, Errors.forException(e), topic, pass, view);
        }
    }

    private void read(
            Partition partition,
            FetchPartition wanted,
            int budget,
            FetchPass pass,
            PartitionData data) {
        int bytesMax = Math.max(0, Math.min(wanted.partitionMaxBytes(), budget));
        boolean atLeastOne = pass.bytes() == 0;
        switch (partition.readIfChecked(wanted.fetchOffset(), bytesMax, atLeastOne, upTo)) {
            case LogRead.Found found -> give(partition, wanted, found, pass, data);
            case LogRead.Nothing _ -> data.setRecords(MemoryRecords.EMPTY);
            case LogRead.Unchecked unchecked -> pass.addUnchecked(unchecked);
            case LogRead.Damaged _ -> data.setErrorCode(Errors.CORRUPT_MESSAGE.code());
            case LogRead.OutOfRange _ -> outOfRange(data);
        }
    }

    private void give(
            Partition partition,
            FetchPartition wanted,
            LogRead.Found found,
            FetchPass pass,
            PartitionData data) {
        boolean whole = false;
        try {
            if (upTo == ReadUpTo.LAST_STABLE) {
                var aborted =
                        partition
                                .log()
                                .abortedTransactionsIfChecked(
                                        wanted.fetchOffset(), found.endOffset());
                if (aborted.isEmpty()) {
                    pass.addUnchecked(uncheckedTransactions(partition, wanted, found));
                    return;
                }
                if (!partition.log().has(found)) {
                    // Deleted or compacted meanwhile, and with it what was rolled back there.
                    pass.addUnchecked(
                            new LogRead.Unchecked(found.records().sizeInBytes(), () -> {}));
                    return;
                }
                data.setAbortedTransactions(
                        aborted.get().stream().map(FetchReader::toWire).toList());
            }
            whole = true;
        } finally {
            if (!whole) {
                found.records().release();
            }
        }
        data.setRecords(found.records());
    }

    private static LogRead.Unchecked uncheckedTransactions(
            Partition partition, FetchPartition wanted, LogRead.Found found) {
        long end = found.endOffset();
        Runnable check = () -> partition.log().abortedTransactions(wanted.fetchOffset(), end);
        return new LogRead.Unchecked(found.records().sizeInBytes(), check);
    }

    /** What a reader of committed records has to skip (KIP-98). */
    private static AbortedTransaction toWire(io.takhin.log.AbortedTransaction transaction) {
        return new AbortedTransaction()
                .setProducerId(transaction.producerId())
                .setFirstOffset(transaction.firstOffset());
    }

    private static void outOfRange(PartitionData data) {
        data.setErrorCode(Errors.OFFSET_OUT_OF_RANGE.code())
                .setHighWatermark(-1)
                .setLastStableOffset(-1);
    }

    private static PartitionData empty(FetchTarget.Key key, Partition partition) {
        return new PartitionData()
                .setPartitionIndex(key.index())
                .setHighWatermark(partition.highWatermark())
                .setLastStableOffset(partition.lastStableOffset())
                .setLogStartOffset(partition.log().logStartOffset())
                .setRecords(MemoryRecords.EMPTY);
    }

    /** Tells a reader whose last batch this log does not have where the two logs part (KIP-595). */
    private static boolean diverged(
            Partition partition, FetchPartition wanted, PartitionData data) {
        if (wanted.lastFetchedEpoch() < 0) {
            return false;
        }
        var end =
                partition
                        .log()
                        .epochs()
                        .endOf(wanted.lastFetchedEpoch(), partition.log().logEndOffset());
        if (end.leaderEpoch() == wanted.lastFetchedEpoch()
                && end.endOffset() >= wanted.fetchOffset()) {
            return false;
        }
        if (end.leaderEpoch() < 0 || wanted.fetchOffset() < partition.log().logStartOffset()) {
            // There is no common past to go back to.
            outOfRange(data);
            return true;
        }
        data.setDivergingEpoch(
                new EpochEndOffset().setEpoch(end.leaderEpoch()).setEndOffset(end.endOffset()));
        return true;
    }

    private PartitionData refused(
            FetchTarget.Key key,
            Errors error,
            ClusterView.@Nullable Topic topic,
            FetchPass pass,
            ClusterView view) {
        PartitionData data =
                new PartitionData()
                        .setPartitionIndex(key.index())
                        .setErrorCode(error.code())
                        .setHighWatermark(-1)
                        .setRecords(MemoryRecords.EMPTY);
        boolean elsewhere =
                error == Errors.NOT_LEADER_OR_FOLLOWER || error == Errors.FENCED_LEADER_EPOCH;
        if (elsewhere && topic != null && version >= CURRENT_LEADER_VERSION) {
            nameLeader(data, topic.partitions().get(key.index()), pass, view);
        }
        return data;
    }

    private void nameLeader(
            PartitionData data, ClusterView.Partition partition, FetchPass pass, ClusterView view) {
        data.setCurrentLeader(
                new LeaderIdAndEpoch()
                        .setLeaderId(partition.leader())
                        .setLeaderEpoch(partition.leaderEpoch()));
        BrokerNode leader = view.broker(partition.leader());
        if (version < NODE_ENDPOINTS_VERSION
                || leader == null
                || pass.leaders().find(leader.id()) != null) {
            return;
        }
        pass.leaders()
                .add(
                        new NodeEndpoint()
                                .setNodeId(leader.id())
                                .setHost(leader.host())
                                .setPort(leader.port())
                                .setRack(leader.rack()));
    }
}
