package io.takhin.protocol;

import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.RequestHeader;

/** Turns the answers of other brokers into messages. */
public final class ResponseDecoder {
    private ResponseDecoder() {}

    /** Reads the correlation id and leaves the frame as it is. */
    public static int correlationId(ByteBuffer frame) throws MalformedFrameException {
        if (frame.remaining() < Integer.BYTES) {
            throw new MalformedFrameException("a frame of " + frame.remaining() + " bytes");
        }
        return frame.getInt(frame.position());
    }

    /** Records in the answer share the memory of {@code frame}, without its leading length. */
    public static ApiMessage decode(RequestHeader request, ByteBuffer frame)
            throws MalformedFrameException {
        short version = request.apiVersion();
        try {
            FrameReader reader = new FrameReader(frame, true);
            new ResponseHeaderData().read(reader, request.apiKey().responseHeaderVersion(version));
            ApiMessage body = request.apiKey().messageType.newResponse();
            body.read(reader, version);
            return body;
        } catch (RuntimeException e) {
            throw new MalformedFrameException(
                    "the answer to " + request.apiKey() + " version " + version + " makes no sense",
                    e);
        }
    }
}
