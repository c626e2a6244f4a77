package io.takhin.broker.api;

import io.takhin.base.Clock;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.protocol.Errors;

/**
 * The fetch sessions of all clients (KIP-227), bounded in number. When there is no room a client
 * simply gets no session and goes on naming all its partitions.
 *
 * <p>Threads: any.
 */
public final class FetchSessions {
    /** Kafka's {@code max.incremental.fetch.session.cache.slots}. */
    private static final int SESSIONS_MAX = 1000;

    /** A session unused for so long may be taken away from its client. */
    private static final long EVICTABLE_NANOS = TimeUnit.MINUTES.toNanos(2);

    /** From this version on topics are named by id. */
    private static final short TOPIC_ID_VERSION = 13;

    private static final int EPOCH_FINAL = -1;
    private static final int EPOCH_FIRST = 0;

    private final Clock clock;
    private final Map<Integer, FetchSession> sessions = new ConcurrentHashMap<>();

    public FetchSessions(Clock clock) {
        this.clock = clock;
    }

    /**
     * What a request is to be served from.
     *
     * @param incremental whether only news is answered
     * @param error NONE, or what the whole request is answered with
     */
    record Context(FetchSession session, boolean incremental, Errors error) {}

    Context open(FetchRequestData request, short version) {
        boolean byTopicId = version >= TOPIC_ID_VERSION;
        int epoch = request.sessionEpoch();
        if (epoch == EPOCH_FIRST || epoch == EPOCH_FINAL) {
            sessions.remove(request.sessionId());
            boolean kept = epoch == EPOCH_FIRST && !request.topics().isEmpty();
            FetchSession session = create(kept, byTopicId);
            session.begin(request);
            return new Context(session, false, Errors.NONE);
        }
        FetchSession session = sessions.get(request.sessionId());
        if (session == null) {
            return new Context(unkept(byTopicId), false, Errors.FETCH_SESSION_ID_NOT_FOUND);
        }
        return new Context(session, true, session.advance(request, byTopicId, clock.nanos()));
    }

    public int count() {
        return sessions.size();
    }

    private FetchSession create(boolean kept, boolean byTopicId) {
        if (!kept || (sessions.size() >= SESSIONS_MAX && !evictOne())) {
            return unkept(byTopicId);
        }
        while (true) {
            int id = ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE);
            FetchSession session = new FetchSession(id, byTopicId, clock.nanos());
            if (sessions.putIfAbsent(id, session) == null) {
                return session;
            }
        }
    }

    private FetchSession unkept(boolean byTopicId) {
        return new FetchSession(FetchSession.NONE, byTopicId, clock.nanos());
    }

    private boolean evictOne() {
        long now = clock.nanos();
        return sessions.values().stream()
                .filter(session -> now - session.lastUsedNanos() > EVICTABLE_NANOS)
                .max(Comparator.comparingLong(session -> now - session.lastUsedNanos()))
                .map(session -> sessions.remove(session.id(), session))
                .orElse(false);
    }
}
