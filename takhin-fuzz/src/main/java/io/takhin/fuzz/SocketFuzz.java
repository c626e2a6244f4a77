package io.takhin.fuzz;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.EnumSet;
import java.util.List;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Attacks a running broker over many connections, while one well-behaved connection keeps asking
 * and has to be answered in time.
 *
 * <p>Threads: one at a time.
 */
public final class SocketFuzz implements AutoCloseable {
    /** Connections that are left half-open, at most; the oldest goes first. */
    private static final int HELD_MAX = 64;

    /** Would change the broker under test rather than test it. */
    private static final EnumSet<ApiKeys> LEFT_OUT =
            EnumSet.of(
                    ApiKeys.ALTER_CONFIGS,
                    ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                    ApiKeys.UNREGISTER_BROKER,
                    ApiKeys.UPDATE_FEATURES);

    private final InetSocketAddress target;
    private final RandomGenerator random;
    private final RandomFrames frames;
    private final Deque<Socket> held = new ArrayDeque<>();
    private final List<Attack> attacks;

    /** One connection's misbehaviour. */
    private interface Attack {
        /** True leaves the connection open. */
        boolean run(Socket socket) throws IOException;
    }

    private SocketFuzz(InetSocketAddress target, RandomGenerator random) {
        this.target = target;
        this.random = random;
        this.frames = new RandomFrames(random, EnumSet.complementOf(LEFT_OUT));
        this.attacks =
                List.of(
                        this::sendNoise,
                        this::sendDamagedFrames,
                        this::sendImpossibleLength,
                        this::sendHalfAFrame,
                        this::sendMillionElements,
                        this::sendTlsHello,
                        this::sendHttp,
                        this::sendByteByByte,
                        this::askWithoutReading,
                        this::sayNothing,
                        this::reset);
    }

    public static void main(String[] arguments) throws IOException {
        FuzzOptions options = FuzzOptions.parse(arguments);
        System.out.println("seed " + options.seed());
        int colon = options.target().lastIndexOf(':');
        InetSocketAddress target =
                new InetSocketAddress(
                        options.target().substring(0, colon),
                        Integer.parseInt(options.target().substring(colon + 1)));
        System.out.println(run(target, options.seed(), options.runs(), options.duration()));
    }

    /**
     * Attacks until the runs or the time are over. Returns a line about what was done.
     *
     * @throws AssertionError when the well-behaved connection was not served
     */
    public static String run(InetSocketAddress target, long seed, long runs, Duration duration)
            throws IOException {
        long deadline = System.nanoTime() + duration.toNanos();
        long done = 0;
        try (SocketFuzz fuzz = new SocketFuzz(target, new SplittableRandom(seed));
                WellBehavedClient witness = new WellBehavedClient(target)) {
            while (done < runs && System.nanoTime() - deadline < 0) {
                fuzz.attack();
                witness.ask(seed);
                done++;
            }
            return done
                    + " attacks, slowest answer to the well-behaved client "
                    + witness.slowest().toMillis()
                    + " ms, seed "
                    + seed;
        }
    }

    @Override
    public void close() throws IOException {
        for (Socket socket : held) {
            socket.close();
        }
    }

    private void attack() throws IOException {
        Socket socket = new Socket();
        socket.connect(target);
        boolean keep = false;
        try {
            keep = attacks.get(random.nextInt(attacks.size())).run(socket);
        } catch (IOException e) {
            // The broker closed the connection in the middle of it, as it should.
            keep = false;
        }
        if (keep) {
            held.add(socket);
            dropOldest();
        } else {
            socket.close();
        }
    }

    private void dropOldest() throws IOException {
        if (held.size() > HELD_MAX) {
            held.remove().close();
        }
    }

    private boolean sendNoise(Socket socket) throws IOException {
        byte[] noise = new byte[random.nextInt(1, 4096)];
        random.nextBytes(noise);
        return send(socket, noise);
    }

    private boolean sendDamagedFrames(Socket socket) throws IOException {
        int count = random.nextInt(1, 20);
        for (int i = 0; i < count; i++) {
            send(socket, framed(frames.damaged()));
        }
        return random.nextBoolean();
    }

    private boolean sendImpossibleLength(Socket socket) throws IOException {
        int[] lengths = {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 0, 3, 200 << 20};
        int length = lengths[random.nextInt(lengths.length)];
        return send(socket, ByteBuffer.allocate(100).putInt(length).array());
    }

    private boolean sendHalfAFrame(Socket socket) throws IOException {
        int length = random.nextInt(10, 90 << 20);
        return send(socket, ByteBuffer.allocate(9).putInt(length).array());
    }

    /** Metadata version 1: the count of topics follows the header. */
    private boolean sendMillionElements(Socket socket) throws IOException {
        ByteBuffer body = ByteBuffer.allocate(64);
        body.putShort(ApiKeys.METADATA.id).putShort((short) 1).putInt(1).putShort((short) -1);
        body.putInt(1_000_000);
        return send(socket, framed(body.rewind()));
    }

    private boolean sendTlsHello(Socket socket) throws IOException {
        return send(socket, new byte[] {0x16, 0x03, 0x01, 0x00, (byte) 0xf4, 0x01, 0, 0, 0, 0});
    }

    private boolean sendHttp(Socket socket) throws IOException {
        return send(socket, "GET /metrics HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
    }

    private boolean sendByteByByte(Socket socket) throws IOException {
        socket.setTcpNoDelay(true);
        byte[] frame = framed(frames.request());
        int count = Math.min(frame.length, random.nextInt(1, 200));
        for (int i = 0; i < count; i++) {
            socket.getOutputStream().write(frame[i]);
        }
        return true;
    }

    private boolean askWithoutReading(Socket socket) throws IOException {
        byte[] question = framed(WellBehavedClient.question(1));
        int count = random.nextInt(1, 300);
        for (int i = 0; i < count; i++) {
            send(socket, question);
        }
        return true;
    }

    private boolean sayNothing(Socket socket) {
        return random.nextBoolean() && socket.isConnected();
    }

    private boolean reset(Socket socket) throws IOException {
        send(socket, framed(frames.request()));
        socket.setSoLinger(true, 0);
        return false;
    }

    private static boolean send(Socket socket, byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        return true;
    }

    private static byte[] framed(ByteBuffer frame) {
        return ByteBuffer.allocate(Integer.BYTES + frame.remaining())
                .putInt(frame.remaining())
                .put(frame)
                .array();
    }
}
