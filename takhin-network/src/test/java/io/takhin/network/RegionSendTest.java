package io.takhin.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Records go from files to clients, whole and in order, and every region is given back once. */
final class RegionSendTest {
    private static final short FETCH = ApiKeys.FETCH.latestVersion();
    private static final int FILE_BYTES = 24 << 20;

    @TempDir private Path directory;
    private final byte[] contents = new byte[FILE_BYTES];
    private FileChannel file;
    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        new Random(1).nextBytes(contents);
        Path path = directory.resolve("records");
        Files.write(path, contents);
        file = FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE);
        server = new TestServer(NetworkSettings.defaults().withEventLoops(1));
    }

    @AfterEach
    void stop() throws IOException {
        server.close();
        file.close();
    }

    @Test
    void smallAndLargeRegionsArriveInTheirPlaces() throws Exception {
        List<TestRegion> regions =
                List.of(
                        TestRegion.of(file, 0, 10),
                        TestRegion.of(file, 10, 0),
                        TestRegion.of(file, 1000, 3 << 20),
                        TestRegion.of(file, 77, 15_000),
                        TestRegion.of(file, 5, 70_000));
        try (RawClient client = server.connect()) {
            int id = client.send(new FetchRequestData(), FETCH);

            server.next().reply(response(regions));

            FetchResponseData received =
                    (FetchResponseData) client.receive(ApiKeys.FETCH, FETCH, id);
            assertThat(bytesOf(received, 0)).isEqualTo(Arrays.copyOfRange(contents, 0, 10));
            assertThat(bytesOf(received, 1)).isEmpty();
            assertThat(bytesOf(received, 2))
                    .isEqualTo(Arrays.copyOfRange(contents, 1000, 1000 + (3 << 20)));
            assertThat(bytesOf(received, 3)).isEqualTo(Arrays.copyOfRange(contents, 77, 15_077));
            assertThat(bytesOf(received, 4)).isEqualTo(Arrays.copyOfRange(contents, 5, 70_005));
        }
        assertThat(regions).allMatch(region -> region.released.get() == 1);
    }

    @Test
    void aReaderThatTakesNothingHoldsUpNobodyAndGetsAllInTheEnd() throws Exception {
        TestRegion large = TestRegion.of(file, 0, FILE_BYTES);
        try (RawClient slow = new RawClient(server.listener().address(), 8192);
                RawClient quick = server.connect()) {
            int id = slow.send(new FetchRequestData(), FETCH);
            server.next().reply(response(List.of(large)));

            fetchOnce(quick);
            assertThat(large.released).hasValue(0);

            FetchResponseData received = (FetchResponseData) slow.receive(ApiKeys.FETCH, FETCH, id);
            assertThat(bytesOf(received, 0)).isEqualTo(contents);
            assertThat(large.released).hasValue(1);
        }
    }

    @Test
    void aReaderThatLeavesGivesTheRegionsBack() throws Exception {
        TestRegion sending = TestRegion.of(file, 0, FILE_BYTES);
        TestRegion waiting = TestRegion.of(file, 0, FILE_BYTES);
        TestRegion late = TestRegion.of(file, 0, 1000);
        RawClient client = new RawClient(server.listener().address(), 8192);
        client.send(new FetchRequestData(), FETCH);
        client.send(new FetchRequestData(), FETCH);
        client.send(new FetchRequestData(), FETCH);
        Exchange first = server.next();
        Exchange second = server.next();
        Exchange third = server.next();
        first.reply(response(List.of(sending)));
        second.reply(response(List.of(waiting)));
        client.read();

        client.close();

        TestServer.await(() -> sending.released.get() == 1 && waiting.released.get() == 1);
        third.reply(response(List.of(late)));
        TestServer.await(() -> late.released.get() == 1);
    }

    @Test
    void aColdRegionIsLoadedBeforeItIsSentAndOthersAreServedMeanwhile() throws Exception {
        CountDownLatch disk = new CountDownLatch(1);
        TestRegion cold = TestRegion.cold(file, 100_000, disk);
        try (RawClient reader = server.connect();
                RawClient other = server.connect()) {
            int id = reader.send(new FetchRequestData(), FETCH);
            server.next().reply(response(List.of(cold)));

            fetchOnce(other);
            disk.countDown();

            FetchResponseData received =
                    (FetchResponseData) reader.receive(ApiKeys.FETCH, FETCH, id);
            assertThat(bytesOf(received, 0)).hasSize(100_000);
        }
        assertThat(cold.loaded.get()).isPositive();
        assertThat(cold.released).hasValue(1);
    }

    @Test
    void aRegionIsNotGivenBackWhileItIsBeingLoaded() throws Exception {
        CountDownLatch disk = new CountDownLatch(1);
        TestRegion cold = TestRegion.cold(file, 100_000, disk);
        RawClient reader = server.connect();
        reader.send(new FetchRequestData(), FETCH);
        server.next().reply(response(List.of(cold)));
        TestServer.await(() -> cold.loading.get() == 1);

        reader.close();
        server.listener().close();

        assertThat(cold.released).hasValue(0);
        disk.countDown();
        TestServer.await(() -> cold.released.get() == 1);
        assertThat(cold.loaded).hasValue(1);
    }

    @Test
    void aFileThatWasCutShortClosesTheConnection() throws Exception {
        TestRegion beyond = TestRegion.of(file, FILE_BYTES - 100_000L, 100_000);
        file.truncate(FILE_BYTES - 50_000L);
        try (RawClient client = server.connect()) {
            client.send(new FetchRequestData(), FETCH);

            server.next().reply(response(List.of(beyond)));

            TestServer.await(() -> server.listener().connections() == 0);
        }
        assertThat(beyond.released).hasValue(1);
    }

    private void fetchOnce(RawClient client) throws Exception {
        int id = client.send(new FetchRequestData(), FETCH);
        server.next().reply(response(List.of(TestRegion.of(file, 0, 10))));
        assertThat(client.receive(ApiKeys.FETCH, FETCH, id)).isNotNull();
    }

    private static FetchResponseData response(List<? extends BaseRecords> regions) {
        List<PartitionData> partitions = new ArrayList<>();
        for (BaseRecords records : regions) {
            partitions.add(new PartitionData().setRecords(records));
        }
        return new FetchResponseData()
                .setResponses(List.of(new FetchableTopicResponse().setPartitions(partitions)));
    }

    private static byte[] bytesOf(FetchResponseData response, int partition) {
        MemoryRecords records =
                (MemoryRecords) response.responses().get(0).partitions().get(partition).records();
        ByteBuffer buffer = records.buffer();
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(bytes);
        return bytes;
    }
}
