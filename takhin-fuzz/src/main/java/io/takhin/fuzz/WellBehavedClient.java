package io.takhin.fuzz;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.time.Duration;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;

/**
 * The witness of an attack: asks for ApiVersions and insists on the answer.
 *
 * <p>Threads: one at a time.
 */
final class WellBehavedClient implements AutoCloseable {
    private static final int ANSWER_TIMEOUT_MILLIS = 10_000;
    private static final short VERSION = 3;

    private final Socket socket;
    private final DataInputStream in;
    private int correlationId;
    private Duration slowest = Duration.ZERO;

    WellBehavedClient(InetSocketAddress target) throws IOException {
        socket = new Socket();
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(ANSWER_TIMEOUT_MILLIS);
        socket.connect(target);
        in = new DataInputStream(socket.getInputStream());
    }

    /** A frame without its length. */
    static ByteBuffer question(int correlationId) {
        RequestHeader header =
                new RequestHeader(ApiKeys.API_VERSIONS, VERSION, "witness", correlationId);
        ApiVersionsRequestData body =
                new ApiVersionsRequestData()
                        .setClientSoftwareName("takhin-fuzz")
                        .setClientSoftwareVersion("1");
        return RequestUtils.serialize(header.data(), header.headerVersion(), body, VERSION);
    }

    void ask(long seed) {
        long start = System.nanoTime();
        correlationId++;
        ByteBuffer question = question(correlationId);
        byte[] frame = new byte[Integer.BYTES + question.remaining()];
        ByteBuffer.wrap(frame).putInt(question.remaining()).put(question);
        try {
            socket.getOutputStream().write(frame);
            byte[] answer = new byte[in.readInt()];
            in.readFully(answer);
            if (ByteBuffer.wrap(answer).getInt() != correlationId) {
                throw new AssertionError("the wrong answer, seed " + seed);
            }
        } catch (IOException e) {
            throw new AssertionError("a well-behaved client was not served, seed " + seed, e);
        }
        Duration took = Duration.ofNanos(System.nanoTime() - start);
        slowest = took.compareTo(slowest) > 0 ? took : slowest;
    }

    Duration slowest() {
        return slowest;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
