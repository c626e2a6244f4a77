package io.takhin.log;

import java.nio.ByteBuffer;

/** What became of a batch that was to be compressed anew. */
public sealed interface Recompressed {
    /** The same records in the codec of the topic, ready to be appended. */
    record Done(ByteBuffer batch) implements Recompressed {}

    /** The batch cannot be written. */
    record Refused(Append.Refused why) implements Recompressed {}
}
