package io.takhin.fuzz;

import com.sun.management.ThreadMXBean;
import io.takhin.protocol.AnnouncedApis;
import io.takhin.protocol.MalformedFrameException;
import io.takhin.protocol.RequestDecoder;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.RequestHeader;
import org.jspecify.annotations.Nullable;

/**
 * Feeds valid and damaged frames to the request decoder: it either decodes them or says that they
 * are malformed, and takes memory in proportion to the frame, whatever the frame claims.
 */
public final class RequestDecoderFuzz {
    /** What any frame may cost: exceptions, their texts, first elements of collections. */
    private static final long ALLOCATED_FIXED = 64 << 10;

    private static final long ALLOCATED_PER_BYTE = 256;

    private final ThreadMXBean memory = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    private final RequestDecoder decoder =
            new RequestDecoder(AnnouncedApis.stable(EnumSet.allOf(ApiKeys.class)));
    private final RandomFrames frames;
    private long accepted;
    private long malformed;

    private RequestDecoderFuzz(long seed) {
        this.frames = new RandomFrames(new SplittableRandom(seed));
    }

    public static void main(String[] arguments) {
        FuzzOptions options = FuzzOptions.parse(arguments);
        System.out.println("seed " + options.seed());
        System.out.println(run(options.seed(), options.runs(), options.duration()));
    }

    /** Returns a line about what was done; throws at the first frame that is handled wrongly. */
    public static String run(long seed, long runs, Duration duration) {
        RequestDecoderFuzz fuzz = new RequestDecoderFuzz(seed);
        long deadline = System.nanoTime() + duration.toNanos();
        long done = 0;
        while (done < runs && System.nanoTime() - deadline < 0) {
            fuzz.feed(fuzz.frames.request(), true, seed);
            fuzz.feed(fuzz.frames.damaged(), false, seed);
            done++;
        }
        return fuzz.accepted + " frames accepted, " + fuzz.malformed + " refused, seed " + seed;
    }

    private void feed(ByteBuffer frame, boolean valid, long seed) {
        byte[] copy = new byte[frame.limit()];
        frame.get(0, copy);
        long allowed = ALLOCATED_FIXED + copy.length * ALLOCATED_PER_BYTE;
        long first = allocatedBy(copy, seed);
        // The first time may load classes, so that only a second one tells.
        if (first > allowed && allocatedBy(copy, seed) > allowed) {
            throw failure("allocated more than " + allowed + " bytes for", copy, seed, null);
        }
        if (valid && !decodes(copy, seed) && kafkaDecodes(copy)) {
            throw failure("refused a valid frame", copy, seed, null);
        }
    }

    private long allocatedBy(byte[] frame, long seed) {
        long before = memory.getCurrentThreadAllocatedBytes();
        if (decodes(frame, seed)) {
            accepted++;
        } else {
            malformed++;
        }
        return memory.getCurrentThreadAllocatedBytes() - before;
    }

    private boolean decodes(byte[] frame, long seed) {
        try {
            decoder.decode(ByteBuffer.wrap(frame));
            return true;
        } catch (MalformedFrameException e) {
            return false;
        } catch (RuntimeException e) {
            throw failure("threw at", frame, seed, e);
        }
    }

    /** Kafka refuses some requests that fit their schema, such as unknown types of ACLs. */
    private static boolean kafkaDecodes(byte[] frame) {
        try {
            ByteBuffer bytes = ByteBuffer.wrap(frame);
            RequestHeader header = RequestHeader.parse(bytes);
            AbstractRequest.parseRequest(
                    header.apiKey(), header.apiVersion(), new ByteBufferAccessor(bytes));
            return true;
        } catch (RuntimeException e) {
            return false;
        }
    }

    private static AssertionError failure(
            String what, byte[] frame, long seed, @Nullable Throwable e) {
        return new AssertionError(
                what + " " + HexFormat.of().formatHex(frame) + ", seed " + seed, e);
    }
}
