package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.Http;
import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.TakhinProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/** A topic of a running broker, whose settings are changed and whose files are looked at. */
final class LiveTopic implements AutoCloseable {
    private final TakhinProcess broker;
    private final JavaClients clients;
    private final Admin admin;
    private final String name = Fresh.name("live");
    private final TopicPartition partition = new TopicPartition(name, 0);

    /** Waits for every answer, and takes the first one. */
    private final Producer<String, String> producer;

    LiveTopic(TakhinProcess broker, int partitions) throws Exception {
        this.broker = broker;
        this.clients = new JavaClients(broker);
        this.admin = clients.admin();
        this.producer =
                clients.producer("linger.ms", "0", "retries", "0", "enable.idempotence", "false");
        clients.createTopic(name, partitions);
    }

    /** Another one of the same broker. */
    LiveTopic neighbour() throws Exception {
        return new LiveTopic(broker, 1);
    }

    /** One after the other. */
    LiveTopic set(String setting, Object value) throws InterruptedException, ExecutionException {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
        ConfigEntry entry = new ConfigEntry(setting, value.toString());
        AlterConfigOp change = new AlterConfigOp(entry, AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(topic, List.of(change))).all().get();
        return this;
    }

    /** What DescribeConfigs shows of it. */
    List<String> settings() throws InterruptedException, ExecutionException {
        ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, name);
        return admin.describeConfigs(List.of(topic)).all().get().get(topic).entries().stream()
                .map(ConfigEntry::name)
                .toList();
    }

    LiveTopic write(String value) throws InterruptedException {
        return write(System.currentTimeMillis(), value);
    }

    LiveTopic write(long timestamp, String value) throws InterruptedException {
        return write(0, timestamp, null, value);
    }

    LiveTopic write(int toPartition, long timestamp, @Nullable String key, @Nullable String value)
            throws InterruptedException {
        JavaClients.send(producer, new ProducerRecord<>(name, toPartition, timestamp, key, value));
        return this;
    }

    LiveTopic writeKeyed(String key, @Nullable String value) throws InterruptedException {
        return write(0, System.currentTimeMillis(), key, value);
    }

    /** With acks=1. */
    LiveTopic writeUnsafely(String value) throws InterruptedException {
        try (Producer<String, String> other =
                clients.producer("acks", "1", "enable.idempotence", "false")) {
            JavaClients.send(other, new ProducerRecord<>(name, 0, null, value));
        }
        return this;
    }

    void refuses(String value, Class<? extends Exception> why) {
        refuses(System.currentTimeMillis(), value, why);
    }

    void refuses(long timestamp, String value, Class<? extends Exception> why) {
        assertThatThrownBy(() -> write(timestamp, value)).isInstanceOf(why);
    }

    List<ConsumerRecord<String, String>> read() {
        List<ConsumerRecord<String, String>> all = new ArrayList<>();
        try (Consumer<String, String> consumer = clients.consumer()) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long end = consumer.endOffsets(List.of(partition)).get(partition);
            while (consumer.position(partition) < end) {
                consumer.poll(Duration.ofMillis(100)).forEach(all::add);
            }
        }
        return all;
    }

    List<String> keys() {
        return read().stream().map(ConsumerRecord::key).toList();
    }

    ConsumerRecord<String, String> last() {
        return read().getLast();
    }

    long start() throws InterruptedException, ExecutionException {
        return offset(OffsetSpec.earliest());
    }

    long end() throws InterruptedException, ExecutionException {
        return offset(OffsetSpec.latest());
    }

    private long offset(OffsetSpec spec) throws InterruptedException, ExecutionException {
        return admin.listOffsets(Map.of(partition, spec)).partitionResult(partition).get().offset();
    }

    List<String> files(String suffix) throws IOException {
        return files(0, suffix);
    }

    List<String> files(int ofPartition, String suffix) throws IOException {
        try (Stream<Path> files = Files.list(directory(ofPartition))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(file -> file.endsWith(suffix))
                    .sorted()
                    .toList();
        }
    }

    private Path directory(int ofPartition) {
        return broker.setup().dataDirectory().resolve(name + "-" + ofPartition);
    }

    /** Of all files of batches. */
    long bytes() throws IOException {
        long bytes = 0;
        for (String file : files(".log")) {
            bytes += bytesOf(file);
        }
        return bytes;
    }

    long bytesOf(String file) {
        // Not Files.size: one that goes meanwhile counts as nothing.
        return directory(0).resolve(file).toFile().length();
    }

    /** Of all topics: what a power cut would take now. */
    long unflushedBytes() {
        String metrics =
                Http.get("http://127.0.0.1:" + broker.setup().metricsPort() + "/metrics").body();
        return metrics.lines()
                .filter(line -> line.startsWith("takhin_storage_unflushed_bytes "))
                .mapToLong(line -> (long) Double.parseDouble(line.substring(line.indexOf(' '))))
                .findFirst()
                .orElseThrow();
    }

    @Override
    public void close() {
        producer.close();
        admin.close();
    }
}
