package io.takhin.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableReplicaAssignment;
import org.apache.kafka.common.message.CreateTopicsRequestData.CreatableTopic;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceRequestData.PartitionProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceData;
import org.apache.kafka.common.message.ProduceRequestData.TopicProduceDataCollection;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ConnectionTest {
    private static final short VERSION = ApiKeys.LIST_GROUPS.latestVersion();
    private static final short PRODUCE = ApiKeys.PRODUCE.latestVersion();

    private TestServer server;

    @BeforeEach
    void start() throws Exception {
        server = new TestServer(NetworkSettings.defaults().withEventLoops(2));
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void answersLeaveInTheOrderOfTheRequestsWhateverTheOrderTheyBecomeReady() throws Exception {
        long seed = System.nanoTime();
        List<Exchange> exchanges = new ArrayList<>();
        try (RawClient client = server.connect()) {
            int[] ids = new int[100];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = client.send(new ListGroupsRequestData(), VERSION);
                exchanges.add(server.next());
            }
            List<Integer> order = new ArrayList<>(IntStream.range(0, ids.length).boxed().toList());
            Collections.shuffle(order, new Random(seed));

            order.forEach(i -> exchanges.get(i).reply(answer(i)));

            for (int i = 0; i < ids.length; i++) {
                assertThat(client.receive(ApiKeys.LIST_GROUPS, VERSION, ids[i]))
                        .as("seed %d", seed)
                        .isEqualTo(answer(i));
            }
        }
    }

    @Test
    void framesThatArriveByteByByteAreRequestsLikeOthers() throws Exception {
        try (RawClient client = server.connect()) {
            for (byte single : RawClient.frame(new ListGroupsRequestData(), VERSION, 9)) {
                client.write(single);
            }

            server.next().reply(answer(1));

            assertThat(client.receive(ApiKeys.LIST_GROUPS, VERSION, 9)).isEqualTo(answer(1));
        }
    }

    @Test
    void requestsWaitForTheWorkThatOneBeforeThemDoesAside() throws Exception {
        CountDownLatch mayEnd = new CountDownLatch(1);
        Queue<Integer> handled = new ConcurrentLinkedQueue<>();
        RequestHandler handler =
                exchange -> {
                    handled.add(exchange.request().header().correlationId());
                    if (handled.size() == 1) {
                        exchange.runAside(
                                10,
                                () -> {
                                    awaitUninterruptibly(mayEnd);
                                    exchange.reply(answer(1));
                                });
                    } else {
                        exchange.reply(answer(2));
                    }
                };
        try (TestServer waiting = new TestServer(NetworkSettings.defaults(), handler);
                RawClient first = waiting.connect();
                RawClient other = waiting.connect()) {
            first.write(RawClient.frame(new ListGroupsRequestData(), VERSION, 1));
            TestServer.await(() -> !handled.isEmpty());
            first.write(RawClient.frame(new ListGroupsRequestData(), VERSION, 2));
            other.write(RawClient.frame(new ListGroupsRequestData(), VERSION, 3));
            assertThat(other.receive(ApiKeys.LIST_GROUPS, VERSION, 3)).isEqualTo(answer(2));
            waiting.nudge();
            assertThat(handled).containsExactly(1, 3);

            mayEnd.countDown();

            assertThat(first.receive(ApiKeys.LIST_GROUPS, VERSION, 1)).isEqualTo(answer(1));
            assertThat(first.receive(ApiKeys.LIST_GROUPS, VERSION, 2)).isEqualTo(answer(2));
        }
    }

    @Test
    void aLargeFrameArrivesWholeBetweenSmallOnes() throws Exception {
        byte[] records = new byte[9 << 20];
        new Random(7).nextBytes(records);
        CompletableFuture<byte[]> seen = new CompletableFuture<>();
        try (TestServer copying = serverThatCopiesRecords(seen);
                RawClient client = copying.connect()) {
            byte[] frame = RawClient.frame(produce(records, -1), PRODUCE, 1);

            client.write(frame);

            client.receive(ApiKeys.PRODUCE, PRODUCE, 1);
            assertThat(seen.get(20, TimeUnit.SECONDS)).isEqualTo(records);
            TestServer.await(() -> copying.loops().receiveMemory().used() == 0);
        }
    }

    @Test
    void aProduceRequestThatWantsNoAnswerGetsNone() throws Exception {
        try (RawClient client = server.connect()) {
            client.send(produce(new byte[100], 0), PRODUCE);
            int second = client.send(new ListGroupsRequestData(), VERSION);

            server.next().replyNothing();
            server.next().reply(answer(2));

            assertThat(client.receive(ApiKeys.LIST_GROUPS, VERSION, second)).isEqualTo(answer(2));
        }
    }

    @Test
    void apiVersionsFromTheFutureIsAnsweredInVersionZero() throws Exception {
        try (RawClient client = server.connect()) {
            byte[] frame =
                    RawClient.frame(
                            new ApiVersionsRequestData()
                                    .setClientSoftwareName("x")
                                    .setClientSoftwareVersion("1"),
                            (short) 4,
                            5);
            ByteBuffer.wrap(frame).putShort(Integer.BYTES + Short.BYTES, (short) 99);

            client.write(frame);

            ApiVersionsResponseData answer =
                    (ApiVersionsResponseData) client.receive(ApiKeys.API_VERSIONS, (short) 0, 5);
            assertThat(answer.errorCode()).isEqualTo(Errors.UNSUPPORTED_VERSION.code());
            assertThat(answer.apiKeys().find(ApiKeys.API_VERSIONS.id).maxVersion())
                    .isEqualTo(ApiKeys.API_VERSIONS.latestVersion(false));
        }
    }

    @Test
    void aClientIsKnownByTheNameOfItsSoftware() throws Exception {
        try (RawClient client = server.connect()) {
            client.send(new ListGroupsRequestData(), VERSION);
            Client seen = server.next().client();
            String before = seen.softwareName();

            client.send(
                    new ApiVersionsRequestData()
                            .setClientSoftwareName("librdkafka")
                            .setClientSoftwareVersion("2.0"),
                    (short) 3);

            server.next();
            assertThat(before).isEmpty();
            assertThat(seen.softwareName()).isEqualTo("librdkafka");
        }
    }

    @Test
    void aLongNameOfAClientsSoftwareIsNotKept() throws Exception {
        try (RawClient client = server.connect()) {
            client.send(
                    new ApiVersionsRequestData()
                            .setClientSoftwareName("x".repeat(65))
                            .setClientSoftwareVersion("1"),
                    (short) 3);

            assertThat(server.next().client().softwareName()).isEmpty();
        }
    }

    @Test
    void onlyTheConnectionThatSendsNonsenseIsClosed() throws Exception {
        List<byte[]> nonsense =
                List.of(
                        ints(-1),
                        ints(Integer.MAX_VALUE),
                        ints(4, 0x7fff0000),
                        ints(8, 0x00030063, 1),
                        ints(0),
                        new byte[] {0x16, 0x03, 0x01, 0x02, 0x00, 0x01},
                        "GET / HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.UTF_8));
        try (RawClient good = server.connect()) {
            for (byte[] bytes : nonsense) {
                try (RawClient bad = server.connect()) {
                    bad.write(bytes);
                    bad.awaitClosed();
                }
            }

            int id = good.send(new ListGroupsRequestData(), VERSION);
            server.next().reply(answer(3));

            assertThat(good.receive(ApiKeys.LIST_GROUPS, VERSION, id)).isEqualTo(answer(3));
        }
    }

    @Test
    void aLargeRequestWithoutRecordsKeepsItsPlaceAndIsReadAwayFromTheLoop() throws Exception {
        CreateTopicsRequestData large = createTopics(8_000);
        try (RawClient client = server.connect();
                RawClient other = server.connect()) {
            client.send(large, ApiKeys.CREATE_TOPICS.latestVersion());
            int second = client.send(new ListGroupsRequestData(), VERSION);
            other.send(new ListGroupsRequestData(), VERSION);

            assertThat(server.next().client().address())
                    .isEqualTo(other.socket().getLocalSocketAddress());
            Exchange first = server.next();
            assertThat(first.request().body()).isEqualTo(large);
            first.replyNothing();
            server.next().reply(answer(6));
            assertThat(client.receive(ApiKeys.LIST_GROUPS, VERSION, second)).isEqualTo(answer(6));
        }
    }

    // S74
    @Test
    void anAnswerThatCannotBeEncodedClosesTheConnectionOfALargeRequestToo() throws Exception {
        ListGroupsRequestData large =
                new ListGroupsRequestData()
                        .setStatesFilter(
                                List.of(
                                        "x".repeat(30_000),
                                        "x".repeat(30_000),
                                        "x".repeat(30_000)));
        try (TestServer failing =
                        new TestServer(
                                NetworkSettings.defaults(),
                                exchange ->
                                        exchange.reply(
                                                new ListGroupsResponseData().setGroups(null)));
                RawClient client = failing.connect()) {
            client.send(large, ApiKeys.LIST_GROUPS.latestVersion());

            client.awaitClosed();
        }
    }

    @Test
    void aThousandConnectsWithoutABytePassUnnoticed() throws Exception {
        for (int i = 0; i < 1000; i++) {
            server.connect().close();
        }

        TestServer.await(() -> server.listener().connections() == 0);
        try (RawClient client = server.connect()) {
            int id = client.send(new ListGroupsRequestData(), VERSION);
            server.next().reply(answer(4));
            assertThat(client.receive(ApiKeys.LIST_GROUPS, VERSION, id)).isEqualTo(answer(4));
        }
    }

    @Test
    void aClientThatOnlySendsIsNotReadBeyondItsRequestsInFlight() throws Exception {
        NetworkSettings few = NetworkSettings.defaults().withRequestsInFlightMax(4);
        try (TestServer limited = new TestServer(few);
                RawClient client = limited.connect()) {
            int[] ids = new int[50];
            for (int i = 0; i < ids.length; i++) {
                ids[i] = client.send(new ListGroupsRequestData(), VERSION);
            }
            for (int i = 0; i < ids.length; i++) {
                Exchange exchange = limited.next();
                assertThat(limited.waiting()).isLessThan(4);
                exchange.reply(answer(i));
                assertThat(client.receive(ApiKeys.LIST_GROUPS, VERSION, ids[i]))
                        .isEqualTo(answer(i));
            }
        }
    }

    @Test
    void aDisconnectClosesTheConnectionAndLaterAnswersAreHarmless() throws Exception {
        try (RawClient client = server.connect()) {
            client.send(new ListGroupsRequestData(), VERSION);
            client.send(new ListGroupsRequestData(), VERSION);
            Exchange first = server.next();
            Exchange second = server.next();

            second.disconnect("test");

            client.awaitClosed();
            first.reply(answer(5));
            assertThatThrownBy(() -> first.reply(answer(5)))
                    .isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void aTaskOfAHandlerThatFailsClosesTheConnection() throws Exception {
        Runnable failing =
                () -> {
                    throw new IllegalStateException("for the test");
                };
        List<RequestHandler> handlers =
                List.of(
                        exchange -> exchange.execute(failing),
                        exchange -> exchange.executeAfter(Duration.ZERO, failing));
        for (RequestHandler handler : handlers) {
            try (TestServer broken = new TestServer(NetworkSettings.defaults(), handler);
                    RawClient client = broken.connect()) {
                client.send(new ListGroupsRequestData(), ApiKeys.LIST_GROUPS.latestVersion());

                client.awaitClosed();
            }
        }
    }

    @Test
    void aTaskRunsAfterItsTimeUnlessCancelled() throws Exception {
        CompletableFuture<String> ran = new CompletableFuture<>();
        try (RawClient client = server.connect()) {
            client.send(new ListGroupsRequestData(), VERSION);
            Exchange exchange = server.next();

            exchange.execute(() -> {
                Deadline cancelled =
                        exchange.executeAfter(
                                Duration.ofMillis(1), () -> ran.complete("cancelled"));
                exchange.executeAfter(Duration.ofMillis(5), () -> ran.complete("kept"));
                cancelled.cancel();
                cancelled.cancel();
            });

            assertThat(ran.get(20, TimeUnit.SECONDS)).isEqualTo("kept");
        }
    }

    private static TestServer serverThatCopiesRecords(CompletableFuture<byte[]> seen)
            throws Exception {
        return new TestServer(
                NetworkSettings.defaults(),
                exchange -> {
                    ProduceRequestData data = (ProduceRequestData) exchange.request().body();
                    MemoryRecords records =
                            (MemoryRecords)
                                    data.topicData()
                                            .iterator()
                                            .next()
                                            .partitionData()
                                            .get(0)
                                            .records();
                    byte[] copy = new byte[records.sizeInBytes()];
                    records.buffer().get(copy);
                    seen.complete(copy);
                    exchange.reply(new ProduceResponseData());
                });
    }

    static ProduceRequestData produce(byte[] records, int acks) {
        TopicProduceDataCollection topics = new TopicProduceDataCollection();
        topics.add(
                new TopicProduceData()
                        .setPartitionData(
                                List.of(
                                        new PartitionProduceData()
                                                .setRecords(
                                                        MemoryRecords.readableRecords(
                                                                ByteBuffer.wrap(records))))));
        return new ProduceRequestData().setAcks((short) acks).setTopicData(topics);
    }

    private static CreateTopicsRequestData createTopics(int partitions) {
        CreatableTopic topic =
                new CreatableTopic()
                        .setName("t")
                        .setNumPartitions(-1)
                        .setReplicationFactor((short) -1);
        for (int i = 0; i < partitions; i++) {
            topic.assignments()
                    .add(
                            new CreatableReplicaAssignment()
                                    .setPartitionIndex(i)
                                    .setBrokerIds(List.of(0)));
        }
        CreateTopicsRequestData request = new CreateTopicsRequestData();
        request.topics().add(topic);
        return request;
    }

    private static ListGroupsResponseData answer(int number) {
        return new ListGroupsResponseData().setThrottleTimeMs(number);
    }

    private static byte[] ints(int... numbers) {
        ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Integer.BYTES);
        IntStream.of(numbers).forEach(bytes::putInt);
        return bytes.array();
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            assertThat(latch.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
