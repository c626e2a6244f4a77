package io.takhin.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;

/** A client that does exactly what a test says, byte by byte, with Kafka's own codec. */
final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MILLIS = 20_000;

    private final Socket socket;
    private final DataInputStream in;
    private int correlationId;

    RawClient(InetSocketAddress address) throws IOException {
        this(address, 0);
    }

    RawClient(InetSocketAddress address, int receiveBufferBytes) throws IOException {
        this.socket = new Socket();
        if (receiveBufferBytes > 0) {
            socket.setReceiveBufferSize(receiveBufferBytes);
        }
        socket.setSoTimeout(TIMEOUT_MILLIS);
        socket.setTcpNoDelay(true);
        socket.connect(address);
        this.in = new DataInputStream(socket.getInputStream());
    }

    /** A whole frame, with its length. */
    static byte[] frame(ApiMessage request, short version, int correlationId) {
        ApiKeys key = ApiKeys.forId(request.apiKey());
        RequestHeader header = new RequestHeader(key, version, "raw", correlationId);
        ByteBuffer body =
                RequestUtils.serialize(header.data(), header.headerVersion(), request, version);
        return ByteBuffer.allocate(Integer.BYTES + body.remaining())
                .putInt(body.remaining())
                .put(body)
                .array();
    }

    /** Sends a request and returns its correlation id. */
    int send(ApiMessage request, short version) throws IOException {
        write(frame(request, version, ++correlationId));
        return correlationId;
    }

    void write(byte... bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    /** The next frame, without its length. */
    byte[] readFrame() throws IOException {
        byte[] frame = new byte[in.readInt()];
        in.readFully(frame);
        return frame;
    }

    /** Reads the next answer, which has to be the one to this request. */
    ApiMessage receive(ApiKeys key, short version, int expectedCorrelationId) throws IOException {
        RequestHeader header = new RequestHeader(key, version, "raw", expectedCorrelationId);
        return AbstractResponse.parseResponse(ByteBuffer.wrap(readFrame()), header).data();
    }

    void awaitClosed() throws IOException {
        try {
            assertThat(in.read()).isEqualTo(-1);
        } catch (java.net.SocketException e) {
            assertThat(e).hasMessageContaining("reset");
        }
    }

    int read() throws IOException {
        return in.read();
    }

    Socket socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
