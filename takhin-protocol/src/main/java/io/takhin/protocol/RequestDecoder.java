package io.takhin.protocol;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * Turns frames into requests.
 *
 * <p>Threads: immutable, any.
 */
public final class RequestDecoder {
    /** Only records make a request large; this bounds what the others take in the heap. */
    private static final int BYTES_MAX_WITHOUT_RECORDS = 16 << 20;

    private final AnnouncedApis apis;

    public RequestDecoder(AnnouncedApis apis) {
        this.apis = apis;
    }

    /**
     * Decodes one frame, without its leading length. The records of a Produce request share the
     * frame's memory; everything else is copied out of it.
     *
     * @throws MalformedFrameException when the connection must be closed
     */
    public Decoded decode(ByteBuffer frame) throws MalformedFrameException {
        if (frame.remaining() < 2 * Short.BYTES) {
            throw new MalformedFrameException("a frame of " + frame.remaining() + " bytes");
        }
        short keyId = frame.getShort(frame.position());
        short version = frame.getShort(frame.position() + Short.BYTES);
        ApiRange range = apis.range(keyId);
        if (range == null) {
            throw new MalformedFrameException("unknown API key " + keyId);
        }
        if (range.key() != ApiKeys.PRODUCE && frame.remaining() > BYTES_MAX_WITHOUT_RECORDS) {
            throw new MalformedFrameException(
                    range.key() + " of " + frame.remaining() + " bytes is too large");
        }
        if (range.holds(version)) {
            return decode(range.key(), version, frame);
        }
        if (range.key() == ApiKeys.API_VERSIONS) {
            return refuseVersion(range, version, frame);
        }
        throw new MalformedFrameException(
                "version " + version + " of " + range.key() + " is not supported");
    }

    /** Whether a frame is a Produce request, which holds records and must not be copied. */
    public static boolean isProduce(ByteBuffer frame) {
        return frame.remaining() >= Short.BYTES
                && frame.getShort(frame.position()) == ApiKeys.PRODUCE.id;
    }

    private static Decoded decode(ApiKeys key, short version, ByteBuffer frame)
            throws MalformedFrameException {
        try {
            FrameReader reader = new FrameReader(frame, key == ApiKeys.PRODUCE);
            RequestHeader header = readHeader(reader, key.requestHeaderVersion(version));
            // Kafka's request classes fill in what old versions lack, and refuse nonsense.
            AbstractRequest request = AbstractRequest.parseRequest(key, version, reader).request;
            return new Decoded.Accepted(new Request(header, request.data()));
        } catch (BufferUnderflowException e) {
            throw new MalformedFrameException(key + " version " + version + " is cut short", e);
        } catch (RuntimeException e) {
            // The generated readers throw RuntimeException itself when they find nonsense.
            throw new MalformedFrameException(
                    key + " version " + version + " makes no sense: " + e.getMessage(), e);
        }
    }

    private static Decoded refuseVersion(ApiRange range, short version, ByteBuffer frame)
            throws MalformedFrameException {
        try {
            short headerVersion = ApiKeys.API_VERSIONS.requestHeaderVersion(version);
            RequestHeader asSent = readHeader(new FrameReader(frame, false), headerVersion);
            RequestHeader header =
                    new RequestHeader(
                            ApiKeys.API_VERSIONS,
                            (short) 0,
                            asSent.clientId(),
                            asSent.correlationId());
            return new Decoded.Answered(header, ApiVersionsAnswer.versionUnknown(range));
        } catch (RuntimeException e) {
            throw new MalformedFrameException(
                    "ApiVersions version " + version + " is cut short", e);
        }
    }

    private static RequestHeader readHeader(FrameReader reader, short headerVersion) {
        RequestHeaderData data = new RequestHeaderData(reader, headerVersion);
        if (data.clientId() == null) {
            data.setClientId("");
        }
        return new RequestHeader(data, headerVersion);
    }
}
