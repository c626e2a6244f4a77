package io.takhin.protocol;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * One encoded message, with its leading length: bytes and file regions in the order in which they
 * go out. Whoever holds it must see that its regions are released.
 *
 * @param size in bytes, regions included
 */
public record EncodedFrame(List<Part> parts, long size) {
    /** A piece of a frame. */
    public sealed interface Part {
        record Bytes(ByteBuffer bytes) implements Part {}

        record Region(RecordRegion region) implements Part {}
    }
}
