package io.takhin.fuzz;

import io.takhin.protocol.ApiRange;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.EnumSet;
import java.util.List;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.protocol.types.Schema;

/**
 * Makes request and response frames, without their leading length: valid ones of every API key and
 * version, and damaged ones.
 *
 * <p>Threads: one at a time.
 */
public final class RandomFrames {
    private static final int FRAME_BYTES_MAX = 1 << 20;
    private final RandomGenerator random;
    private final List<ApiKeys> keys;
    private final ByteBuffer out = ByteBuffer.allocate(FRAME_BYTES_MAX);

    /** Of all keys. */
    public RandomFrames(RandomGenerator random) {
        this(random, EnumSet.allOf(ApiKeys.class));
    }

    public RandomFrames(RandomGenerator random, Collection<ApiKeys> keys) {
        this.random = random;
        this.keys = keys.stream().filter(ApiRange::hasStable).toList();
    }

    /** A valid request of any key and stable version. */
    public ByteBuffer request() {
        ApiKeys key = keys.get(random.nextInt(keys.size()));
        int versions = key.latestVersion(false) + 1;
        return request(key, (short) random.nextInt(key.oldestVersion(), versions));
    }

    /** A valid request. */
    public ByteBuffer request(ApiKeys key, short version) {
        out.clear();
        writeHeader(key, version);
        new SchemaSampler(random, out).write(key.messageType.requestSchemas()[version]);
        return written();
    }

    /** The body of a valid message of this schema, without a header. */
    public ByteBuffer body(Schema schema) {
        out.clear();
        new SchemaSampler(random, out).write(schema);
        return written();
    }

    /** A frame that may be anything. */
    public ByteBuffer damaged() {
        return switch (random.nextInt(6)) {
            case 0 -> noise();
            case 1 -> cutShort(request());
            case 2 -> withHugeNumber(request());
            case 3 -> withStrangeKeyOrVersion(request());
            default -> withFlippedBytes(request());
        };
    }

    private void writeHeader(ApiKeys key, short version) {
        RequestHeaderData header =
                new RequestHeaderData()
                        .setRequestApiKey(key.id)
                        .setRequestApiVersion(version)
                        .setCorrelationId(random.nextInt())
                        .setClientId(random.nextInt(8) == 0 ? null : "fuzz");
        short headerVersion = key.requestHeaderVersion(version);
        ObjectSerializationCache cache = new ObjectSerializationCache();
        header.size(cache, headerVersion);
        header.write(new ByteBufferAccessor(out), cache, headerVersion);
    }

    private ByteBuffer noise() {
        byte[] bytes = new byte[random.nextInt(512)];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private ByteBuffer cutShort(ByteBuffer frame) {
        return frame.limit(random.nextInt(frame.limit()));
    }

    /** Where lengths and counts are likely to be: anywhere. */
    private ByteBuffer withHugeNumber(ByteBuffer frame) {
        if (frame.limit() < 12) {
            return frame;
        }
        int at = random.nextInt(8, frame.limit() - Integer.BYTES + 1);
        int[] numbers = {Integer.MAX_VALUE, Integer.MIN_VALUE, -1, 1_000_000, 0x7fff_7fff};
        frame.putInt(at, numbers[random.nextInt(numbers.length)]);
        return frame;
    }

    private ByteBuffer withStrangeKeyOrVersion(ByteBuffer frame) {
        int at = random.nextBoolean() ? 0 : Short.BYTES;
        frame.putShort(at, (short) (random.nextBoolean() ? random.nextInt() : random.nextInt(128)));
        return frame;
    }

    private ByteBuffer withFlippedBytes(ByteBuffer frame) {
        int flips = random.nextInt(1, 9);
        for (int i = 0; i < flips; i++) {
            frame.put(random.nextInt(frame.limit()), (byte) random.nextInt());
        }
        return frame;
    }

    private ByteBuffer written() {
        byte[] bytes = new byte[out.flip().remaining()];
        out.get(bytes);
        return ByteBuffer.wrap(bytes);
    }
}
