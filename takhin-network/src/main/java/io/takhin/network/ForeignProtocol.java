package io.takhin.network;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/** Says in words what an impossible frame length probably is: other protocols start with bytes. */
final class ForeignProtocol {
    private static final Set<String> HTTP_METHODS =
            Set.of("GET ", "PUT ", "POST", "HEAD", "DELE", "OPTI", "CONN", "PATC", "PRI ");

    /** A TLS record of type handshake, version 3.x (RFC 8446, 5.1), less its fourth byte. */
    private static final int TLS_HANDSHAKE = 0x1603;

    private ForeignProtocol() {}

    static String explain(int length, int lengthMax) {
        if (length >>> Short.SIZE == TLS_HANDSHAKE) {
            return "the client speaks TLS and this listener does not;"
                    + " set security.protocol=PLAINTEXT in the client";
        }
        byte[] bytes = ByteBuffer.allocate(Integer.BYTES).putInt(length).array();
        if (HTTP_METHODS.contains(new String(bytes, StandardCharsets.ISO_8859_1))) {
            return "the client speaks HTTP and this is a Kafka listener";
        }
        return length < 0
                ? "a frame of " + length + " bytes"
                : "a frame of " + length + " bytes, and the limit is " + lengthMax;
    }
}
