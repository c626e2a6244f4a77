package io.takhin.network;

import io.takhin.protocol.MalformedFrameException;
import io.takhin.protocol.ResponseDecoder;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * The API versions that another broker announced (KIP-35).
 *
 * <p>Threads: immutable.
 */
final class PeerVersions {
    static final PeerVersions UNKNOWN = new PeerVersions(Map.of());

    private static final String SOFTWARE_NAME = "takhin";
    private static final String SOFTWARE_VERSION = "0.1";

    /** The link has a time limit of its own for the whole way to being ready. */
    private static final Duration NO_LIMIT = Duration.ofDays(1);

    private final Map<Short, ApiVersion> byKey;

    private PeerVersions(Map<Short, ApiVersion> byKey) {
        this.byKey = byKey;
    }

    static PeerCall question() {
        ApiVersionsRequestData data =
                new ApiVersionsRequestData()
                        .setClientSoftwareName(SOFTWARE_NAME)
                        .setClientSoftwareVersion(SOFTWARE_VERSION);
        return new PeerCall(
                new ApiVersionsRequest.Builder(data, (short) 0, newestQuestion()), NO_LIMIT);
    }

    static short newestQuestion() {
        return ApiKeys.API_VERSIONS.latestVersion(false);
    }

    /** Whether the peer is too old for the question and answered in version 0 (KIP-511). */
    static boolean asksForOldest(RequestHeader question, ByteBuffer frame) {
        return question.apiVersion() > 0
                && frame.remaining() >= Integer.BYTES + Short.BYTES
                && frame.getShort(frame.position() + Integer.BYTES)
                        == Errors.UNSUPPORTED_VERSION.code();
    }

    static PeerVersions decode(RequestHeader question, ByteBuffer frame)
            throws MalformedFrameException {
        ApiVersionsResponseData answer =
                (ApiVersionsResponseData) ResponseDecoder.decode(question, frame);
        Errors error = Errors.forCode(answer.errorCode());
        if (error != Errors.NONE) {
            throw new MalformedFrameException("no answer to ApiVersions but " + error);
        }
        return new PeerVersions(
                answer.apiKeys().stream()
                        .collect(Collectors.toMap(ApiVersion::apiKey, ApiVersion::duplicate)));
    }

    /** The newest version that the request allows and the peer announced. */
    short choose(AbstractRequest.Builder<?> request) {
        ApiVersion announced = byKey.get(request.apiKey().id);
        if (announced == null) {
            throw new UnsupportedVersionException("the peer does not know " + request.apiKey());
        }
        int newest = Math.min(request.latestAllowedVersion(), announced.maxVersion());
        if (newest < request.oldestAllowedVersion() || newest < announced.minVersion()) {
            throw new UnsupportedVersionException(
                    "the peer knows versions "
                            + announced.minVersion()
                            + " to "
                            + announced.maxVersion()
                            + " of "
                            + request.apiKey());
        }
        return (short) newest;
    }
}
