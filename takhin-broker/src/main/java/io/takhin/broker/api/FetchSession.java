package io.takhin.broker.api;

import com.google.errorprone.annotations.concurrent.GuardedBy;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;
import org.apache.kafka.common.message.FetchRequestData.ForgottenTopic;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a client fetches, remembered between its requests so that each names only what changed
 * (KIP-227). A request outside any session is served from one of these, too, which nobody keeps.
 *
 * <p>Threads: any; state is under the session's lock, which a request holds while it reads.
 */
final class FetchSession {
    /** The id of a session that is not kept. */
    static final int NONE = 0;

    private final int id;
    private final boolean byTopicId;
    private final ReentrantLock lock = new ReentrantLock();

    /** In the order of service: what was just answered with records goes to the end. */
    @GuardedBy("lock")
    private final Map<FetchTarget.Key, FetchTarget> targets = new LinkedHashMap<>();

    @GuardedBy("lock")
    private int nextEpoch = 1;

    private volatile long lastUsedNanos;

    FetchSession(int id, boolean byTopicId, long nowNanos) {
        this.id = id;
        this.byTopicId = byTopicId;
        this.lastUsedNanos = nowNanos;
    }

    int id() {
        return id;
    }

    ReentrantLock lock() {
        return lock;
    }

    long lastUsedNanos() {
        return lastUsedNanos;
    }

    int size() {
        lock.lock();
        try {
            return targets.size();
        } finally {
            lock.unlock();
        }
    }

    /**
     * The partitions of this session in the order in which they are due: no copy, so the caller
     * holds the lock as long as it looks.
     */
    Collection<FetchTarget> targets() {
        lock.lock();
        try {
            return Collections.unmodifiableCollection(targets.values());
        } finally {
            lock.unlock();
        }
    }

    /** Takes the partitions of a request that names them all. */
    void begin(FetchRequestData request) {
        lock.lock();
        try {
            want(request.topics());
        } finally {
            lock.unlock();
        }
    }

    /** Takes the changes of the next request of this session, or says why they do not fit. */
    Errors advance(FetchRequestData request, boolean requestByTopicId, long nowNanos) {
        lock.lock();
        try {
            if (request.sessionEpoch() != nextEpoch) {
                return Errors.INVALID_FETCH_SESSION_EPOCH;
            }
            if (requestByTopicId != byTopicId) {
                return Errors.FETCH_SESSION_TOPIC_ID_ERROR;
            }
            nextEpoch = nextEpoch == Integer.MAX_VALUE ? 1 : nextEpoch + 1;
            lastUsedNanos = nowNanos;
            forget(request.forgottenTopicsData());
            want(request.topics());
            return Errors.NONE;
        } finally {
            lock.unlock();
        }
    }

    /** Partitions that just had records wait behind those that had none, so that none starves. */
    void moveToEnd(List<FetchTarget> served) {
        lock.lock();
        try {
            for (FetchTarget target : served) {
                if (targets.remove(target.key(), target)) {
                    targets.put(target.key(), target);
                }
            }
        } finally {
            lock.unlock();
        }
    }

    @GuardedBy("lock")
    private void want(List<FetchTopic> topics) {
        for (FetchTopic topic : topics) {
            for (FetchPartition partition : topic.partitions()) {
                FetchTarget.Key key =
                        new FetchTarget.Key(topic.topic(), topic.topicId(), partition.partition());
                FetchTarget known = targets.get(key);
                if (known == null) {
                    targets.put(key, new FetchTarget(key, partition));
                } else {
                    known.update(partition);
                }
            }
        }
    }

    @GuardedBy("lock")
    private void forget(List<ForgottenTopic> topics) {
        for (ForgottenTopic topic : topics) {
            for (int index : topic.partitions()) {
                targets.remove(new FetchTarget.Key(topic.topic(), topic.topicId(), index));
            }
        }
    }
}
