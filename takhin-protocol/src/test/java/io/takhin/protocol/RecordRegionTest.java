package io.takhin.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RecordRegionTest {
    /** Gives at most three bytes a call, as a file system may. */
    private record Region(String bytes, int sizeInBytes) implements RecordRegion {
        @Override
        public long transferTo(long from, WritableByteChannel channel) throws IOException {
            int end = (int) Math.min(bytes.length(), from + 3);
            String piece = bytes.substring((int) from, end);
            return channel.write(ByteBuffer.wrap(piece.getBytes(StandardCharsets.US_ASCII)));
        }

        @Override
        public void release() {}
    }

    private static String copied(RecordRegion region, long from, int room) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(room + 1).limit(room);
        int bytes = region.copyTo(target, from);
        assertThat(bytes).isEqualTo(target.position());
        return StandardCharsets.US_ASCII.decode(target.flip()).toString();
    }

    @Test
    void aCopyGoesOnUntilAllIsThere() throws IOException {
        assertThat(copied(new Region("abcdefgh", 8), 0, 20)).isEqualTo("abcdefgh");
        assertThat(copied(new Region("abcdefgh", 8), 5, 20)).isEqualTo("fgh");
    }

    @Test
    void aCopyEndsWhereTheTargetIsFull() throws IOException {
        assertThat(copied(new Region("abcdefgh", 8), 0, 4)).isEqualTo("abcd");
    }

    @Test
    void aCopyIsShortWhereTheFileIs() throws IOException {
        assertThat(copied(new Region("abcde", 8), 1, 20)).isEqualTo("bcde");
    }
}
