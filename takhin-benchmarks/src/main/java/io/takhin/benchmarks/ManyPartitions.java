package io.takhin.benchmarks;

import io.takhin.base.Clock;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * What many partitions cost a broker at rest, and how long it takes to start with them: after a
 * clean stop, and after a kill right behind an acknowledged record in each. Prints a JSON line for
 * each step. Linux.
 *
 * <p>Arguments: the launcher, an empty directory, the number of partitions, how many records of 1
 * KiB go into each before (0: they stay empty), and seconds to rest before they are counted. With
 * {@code kafka} behind them the launcher is the benchmark kit's start script of Apache Kafka.
 */
public final class ManyPartitions {
    private static final int PARTITIONS_OF_TOPIC = 1000;
    private static final int PORT = 19_392;
    private static final int RECORD_BYTES = 1024;
    private static final int ATTEMPTS_MAX = 600;

    private final BrokerProcess.Starter starter;
    private final Path home;
    private final int partitions;
    private final int records;
    private final long restSeconds;
    private final PrintStream out;
    private long sent;

    private ManyPartitions(List<String> arguments, PrintStream out) {
        Path launcher = Path.of(arguments.get(0)).toAbsolutePath();
        starter =
                arguments.contains("kafka")
                        ? BrokerProcess.kafka(launcher)
                        : BrokerProcess.takhin(launcher);
        home = Path.of(arguments.get(1));
        partitions = Integer.parseInt(arguments.get(2));
        records = Integer.parseInt(arguments.get(3));
        restSeconds = Long.parseLong(arguments.get(4));
        this.out = out;
    }

    public static void main(String[] args) throws Exception {
        new ManyPartitions(List.of(args), System.out).run();
    }

    private void run()
            throws IOException, InterruptedException, ExecutionException, TimeoutException {
        Files.createDirectories(home);
        long emptyHeap;
        try (BrokerProcess broker = started("first start")) {
            say("clean stop", "seconds", broker.stop());
        }
        try (BrokerProcess broker = started("start without partitions")) {
            emptyHeap = broker.heapBytes();
            create(broker);
            produce(broker, records);
            rest(broker, emptyHeap, "as created");
            say("clean stop", "seconds", broker.stop());
        }
        try (BrokerProcess broker = started("clean start")) {
            askAll(broker);
            rest(broker, emptyHeap, "after a clean start");
            produce(broker, Math.min(1, records));
            broker.kill();
        }
        try (BrokerProcess broker = started("start after kill -9")) {
            askAll(broker);
            rest(broker, emptyHeap, "after a start after kill -9");
            say("clean stop", "seconds", broker.stop());
        }
    }

    private BrokerProcess started(String what)
            throws IOException, InterruptedException, TimeoutException {
        BrokerProcess broker = starter.start(home, PORT);
        say(what, "ready_seconds", BrokerProcess.seconds(broker.nanosUntilReady()));
        return broker;
    }

    private static Admin admin(BrokerProcess broker) {
        return Admin.create(
                Map.of(
                        "bootstrap.servers", broker.bootstrap(),
                        "request.timeout.ms", "120000",
                        "default.api.timeout.ms", "120000"));
    }

    private List<TopicPartition> all() {
        List<TopicPartition> all = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            all.add(new TopicPartition("many-" + i / PARTITIONS_OF_TOPIC, i % PARTITIONS_OF_TOPIC));
        }
        return all;
    }

    private void create(BrokerProcess broker) throws InterruptedException, ExecutionException {
        long from = Clock.SYSTEM.nanos();
        try (Admin admin = admin(broker)) {
            for (int first = 0; first < partitions; first += PARTITIONS_OF_TOPIC) {
                NewTopic topic =
                        new NewTopic(
                                "many-" + first / PARTITIONS_OF_TOPIC,
                                Math.min(PARTITIONS_OF_TOPIC, partitions - first),
                                (short) 1);
                admin.createTopics(List.of(topic)).all().get();
            }
            say("create", "seconds", BrokerProcess.seconds(Clock.SYSTEM.nanos() - from));
        }
        askAll(broker);
    }

    private void produce(BrokerProcess broker, int each)
            throws InterruptedException, ExecutionException {
        if (each == 0) {
            return;
        }
        Properties settings = new Properties();
        settings.put("bootstrap.servers", broker.bootstrap());
        settings.put("acks", "all");
        settings.put("delivery.timeout.ms", "120000");
        settings.put("buffer.memory", Long.toString(512L << 20));
        settings.put("batch.size", "2048");
        long from = Clock.SYSTEM.nanos();
        try (KafkaProducer<byte[], byte[]> producer =
                new KafkaProducer<>(
                        settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            List<Future<RecordMetadata>> pending = new ArrayList<>();
            for (int i = 0; i < each; i++) {
                for (TopicPartition at : all()) {
                    byte[] value = new byte[RECORD_BYTES];
                    pending.add(
                            producer.send(
                                    new ProducerRecord<>(at.topic(), at.partition(), null, value)));
                }
            }
            for (Future<RecordMetadata> each1 : pending) {
                each1.get();
            }
        }
        sent += each;
        say("produce", "seconds", BrokerProcess.seconds(Clock.SYSTEM.nanos() - from));
    }

    /** Every partition answers, and has all that was acknowledged. */
    private void askAll(BrokerProcess broker) throws InterruptedException, ExecutionException {
        Map<TopicPartition, OffsetSpec> wanted = new HashMap<>();
        all().forEach(partition -> wanted.put(partition, OffsetSpec.latest()));
        long missing = 0;
        try (Admin admin = admin(broker)) {
            for (ListOffsetsResult.ListOffsetsResultInfo end : ends(admin, wanted)) {
                missing += Math.max(0, sent - end.offset());
            }
        }
        say(
                "all partitions answer",
                "seconds_since_start",
                BrokerProcess.seconds(broker.nanosSinceStart()),
                "missing_records",
                Long.toString(missing));
    }

    /** Kafka answers that it does not know a topic until it has read of its creation. */
    private static Collection<ListOffsetsResult.ListOffsetsResultInfo> ends(
            Admin admin, Map<TopicPartition, OffsetSpec> wanted)
            throws InterruptedException, ExecutionException {
        for (int attempt = 0; ; attempt++) {
            try {
                return admin.listOffsets(wanted).all().get().values();
            } catch (ExecutionException e) {
                boolean unknown = e.getCause() instanceof UnknownTopicOrPartitionException;
                if (!unknown || attempt == ATTEMPTS_MAX) {
                    throw e;
                }
                TimeUnit.MILLISECONDS.sleep(50);
            }
        }
    }

    private void rest(BrokerProcess broker, long emptyHeap, String when)
            throws InterruptedException, IOException {
        TimeUnit.SECONDS.sleep(restSeconds);
        long heap = broker.heapBytes();
        say(
                "at rest " + when,
                "descriptors",
                Long.toString(broker.descriptorsUnder(home.resolve("data"))),
                "heap_bytes_per_partition",
                Long.toString((heap - emptyHeap) / partitions),
                "resident_kib",
                Long.toString(broker.residentKilobytes()));
        Files.writeString(home.resolve("heap " + when + ".txt"), broker.run("GC.class_histogram"));
    }

    private void say(String step, String... pairs) {
        StringBuilder line = new StringBuilder("{\"step\":\"" + step + '"');
        line.append(",\"partitions\":").append(partitions);
        for (int i = 0; i < pairs.length; i += 2) {
            line.append(",\"").append(pairs[i]).append("\":").append(pairs[i + 1]);
        }
        out.println(line.append('}'));
    }
}
