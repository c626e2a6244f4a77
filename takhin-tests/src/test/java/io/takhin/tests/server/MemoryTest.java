package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.fuzz.SocketFuzz;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import io.takhin.tests.harness.TakhinSetup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The program on a machine of two gibibytes, as its virtual machine is told, without any setting:
 * what it took of memory at its peak.
 */
@TakhinOnly
@EnabledOnOs(OS.LINUX)
class MemoryTest {
    private static final int PEAK_MIB_MAX = 900;
    private static final int TOPIC_PARTITIONS = 500;
    private static final int SLOW_READERS = 40;
    private static final int HALF_FRAMES = 60;
    private static final int FULL_AFTER_MILLIS = 300;
    private static final int LARGE_FRAME_BYTES = 50 << 20;

    @TempDir private Path home;
    private TakhinProcess broker;
    private JavaClients clients;

    @BeforeEach
    void start() {
        broker = TakhinSetup.in(home).withEnvironment("TAKHIN_JAVA_OPTS", "-XX:MaxRAM=2g").start();
        clients = new JavaClients(broker);
    }

    @AfterEach
    void stop() {
        broker.close();
    }

    // S7, S8
    @Test
    @Timeout(150)
    void loadStaysWithinIt() throws Exception {
        TopicPartition partition = new TopicPartition("load", 0);
        clients.createTopic("load", 1);
        byte[] value = new byte[10_000];
        int count = 40_000;
        try (Producer<byte[], byte[]> producer =
                        clients.bytesProducer("batch.size", "500000", "linger.ms", "5");
                Consumer<String, String> consumer = clients.consumer()) {
            for (int i = 0; i < count; i++) {
                var _ = producer.send(new ProducerRecord<>("load", value));
            }
            producer.flush();
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            int read = 0;
            while (read < count) {
                read += consumer.poll(Duration.ofSeconds(1)).count();
            }
        }

        assertThat(peakMebibytes()).isLessThan(PEAK_MIB_MAX);
    }

    @Test
    @Timeout(150)
    void garbageAndReadersThatDoNotReadStayWithinIt() throws Exception {
        clients.createTopic("wide", TOPIC_PARTITIONS);
        List<SocketChannel> clientsThatHang = new ArrayList<>();
        try {
            for (int i = 0; i < SLOW_READERS; i++) {
                clientsThatHang.add(askAndNeverRead());
            }
            for (int i = 0; i < HALF_FRAMES; i++) {
                clientsThatHang.add(sendHalfOfALargeFrame());
            }
            String done = SocketFuzz.run(address(), 1, 1_000, Duration.ofSeconds(5));

            assertThat(done).contains("attacks");
            clients.createTopic("unharmed", 1);
            clients.fill("unharmed", 3);
        } finally {
            for (SocketChannel each : clientsThatHang) {
                each.close();
            }
        }
        assertThat(broker.isRunning()).isTrue();
        assertThat(peakMebibytes()).isLessThan(PEAK_MIB_MAX);
    }

    /** Questions with answers of some 30 KB, as many as the connection takes. */
    private SocketChannel askAndNeverRead() throws IOException {
        ByteBuffer metadata = ByteBuffer.allocate(18);
        metadata.putInt(14)
                .putShort((short) 3)
                .putShort((short) 1)
                .putInt(1)
                .putShort((short) -1)
                .putInt(-1);
        ByteBuffer many = ByteBuffer.allocate(18 * 1000);
        while (many.hasRemaining()) {
            many.put(metadata.duplicate().flip());
        }
        return send(many.flip(), 20);
    }

    /** It says it is a Produce request, which may be large. */
    private SocketChannel sendHalfOfALargeFrame() throws IOException {
        ByteBuffer begin = ByteBuffer.allocate(1 << 20);
        begin.putInt(LARGE_FRAME_BYTES).putShort((short) 0).putShort((short) 9).clear();
        return send(begin, LARGE_FRAME_BYTES / 2 / begin.capacity());
    }

    /** As often as told, or until the broker reads no more. */
    private SocketChannel send(ByteBuffer bytes, int times) throws IOException {
        SocketChannel channel = SocketChannel.open(address());
        channel.configureBlocking(false);
        try (Selector writable = Selector.open()) {
            channel.register(writable, SelectionKey.OP_WRITE);
            for (int i = 0; i < times; i++) {
                bytes.rewind();
                while (bytes.hasRemaining()) {
                    writable.selectedKeys().clear();
                    if (channel.write(bytes) == 0 && writable.select(FULL_AFTER_MILLIS) == 0) {
                        return channel;
                    }
                }
            }
        }
        return channel;
    }

    private InetSocketAddress address() {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), broker.setup().port());
    }

    /** Resident, of the whole process. */
    private int peakMebibytes() throws IOException {
        return Files.readAllLines(Path.of("/proc", "" + broker.pid(), "status")).stream()
                .filter(line -> line.startsWith("VmHWM:"))
                .mapToInt(line -> Integer.parseInt(line.replaceAll("\\D", "")) >> 10)
                .findFirst()
                .orElseThrow();
    }
}
