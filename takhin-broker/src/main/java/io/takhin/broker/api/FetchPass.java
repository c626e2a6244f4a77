package io.takhin.broker.api;

import io.takhin.log.LogRead;
import io.takhin.protocol.RecordRegion;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.NodeEndpointCollection;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.Errors;

/**
 * What one look at all partitions of a fetch found. It holds regions of files: it is either made
 * into a response, whose connection then releases them, or released.
 */
final class FetchPass {
    private record Found(FetchTarget target, PartitionData data) {}

    private final FetchSession session;
    private final List<Found> found;
    private final NodeEndpointCollection leaders = new NodeEndpointCollection();
    private final List<Runnable> checks = new ArrayList<>();
    private int bytes;
    private boolean urgent;

    FetchPass(FetchSession session, int targets) {
        this.session = session;
        this.found = new ArrayList<>(targets);
        this.urgent = targets == 0;
    }

    int bytes() {
        return bytes;
    }

    NodeEndpointCollection leaders() {
        return leaders;
    }

    void add(FetchTarget target, PartitionData data) {
        found.add(new Found(target, data));
        bytes += data.records().sizeInBytes();
        urgent |= data.errorCode() != Errors.NONE.code() || data.divergingEpoch().epoch() >= 0;
    }

    /** Records that have to be checked before they can be sent. */
    void addUnchecked(LogRead.Unchecked unchecked) {
        checks.add(unchecked.check());
        bytes += unchecked.bytes();
    }

    /** What has to be done, on a thread that may wait, before another pass can find all. */
    List<Runnable> checks() {
        return checks;
    }

    /** Whether the client wants this now: enough bytes, or news that must not wait for them. */
    boolean isEnough(int bytesMin) {
        return urgent || bytes >= bytesMin;
    }

    void release() {
        for (Found one : found) {
            if (one.data.records() instanceof RecordRegion region) {
                region.release();
            }
        }
    }

    /**
     * @param incremental whether partitions without news are left out
     */
    FetchResponseData toResponse(boolean incremental) {
        FetchResponseData response =
                new FetchResponseData().setSessionId(session.id()).setNodeEndpoints(leaders);
        List<FetchTarget> served = new ArrayList<>();
        FetchTarget.Key previous = null;
        FetchableTopicResponse topic = new FetchableTopicResponse();
        session.lock().lock();
        try {
            for (Found one : found) {
                if (incremental && !one.target.isNews(one.data)) {
                    continue;
                }
                FetchTarget.Key key = one.target.key();
                if (previous == null || !previous.sameTopic(key)) {
                    topic =
                            new FetchableTopicResponse()
                                    .setTopic(key.topic())
                                    .setTopicId(key.topicId());
                    response.responses().add(topic);
                }
                previous = key;
                topic.partitions().add(one.data);
                one.target.told(one.data);
                if (one.data.records().sizeInBytes() > 0) {
                    served.add(one.target);
                }
            }
            session.moveToEnd(served);
        } finally {
            session.lock().unlock();
        }
        return response;
    }
}
