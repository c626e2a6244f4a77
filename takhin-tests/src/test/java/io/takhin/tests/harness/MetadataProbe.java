package io.takhin.tests.harness;

import java.io.DataInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;

/**
 * Asks a broker for its metadata over a bare socket, and says how many brokers it names. The first
 * answer with a broker in it is what "ready" means in these tests.
 */
final class MetadataProbe {
    private static final short METADATA = 3;
    private static final short VERSION = 1;
    private static final int TIMEOUT_MILLIS = 1_000;

    private MetadataProbe() {}

    /** Returns -1 where nothing answers. */
    static int brokers(String host, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), TIMEOUT_MILLIS);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.getOutputStream().write(requestForNoTopics());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            in.readInt(); // size
            in.readInt(); // correlation id
            return in.readInt();
        } catch (IOException _) {
            return -1;
        }
    }

    private static byte[] requestForNoTopics() {
        ByteBuffer frame = ByteBuffer.allocate(18);
        frame.putInt(14).putShort(METADATA).putShort(VERSION).putInt(1);
        frame.putShort((short) -1); // no client id
        frame.putInt(0); // no topics
        return frame.array();
    }
}
