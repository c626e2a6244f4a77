package io.takhin.tests.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.TakhinOnly;
import java.io.DataInputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.junit.jupiter.api.Test;

/** What the broker says it speaks, held against what Kafka's clients know. */
@BrokerTest
@TakhinOnly
class AnnouncedApisTest {
    private static final short VERSION = ApiKeys.API_VERSIONS.latestVersion(false);

    private static final Set<ApiKeys> SERVED =
            EnumSet.of(
                    ApiKeys.PRODUCE,
                    ApiKeys.FETCH,
                    ApiKeys.LIST_OFFSETS,
                    ApiKeys.METADATA,
                    ApiKeys.OFFSET_COMMIT,
                    ApiKeys.OFFSET_FETCH,
                    ApiKeys.FIND_COORDINATOR,
                    ApiKeys.JOIN_GROUP,
                    ApiKeys.HEARTBEAT,
                    ApiKeys.LEAVE_GROUP,
                    ApiKeys.SYNC_GROUP,
                    ApiKeys.DESCRIBE_GROUPS,
                    ApiKeys.LIST_GROUPS,
                    ApiKeys.API_VERSIONS,
                    ApiKeys.CREATE_TOPICS,
                    ApiKeys.DELETE_TOPICS,
                    ApiKeys.DELETE_RECORDS,
                    ApiKeys.INIT_PRODUCER_ID,
                    ApiKeys.OFFSET_FOR_LEADER_EPOCH,
                    ApiKeys.DESCRIBE_CONFIGS,
                    ApiKeys.ALTER_CONFIGS,
                    ApiKeys.DESCRIBE_LOG_DIRS,
                    ApiKeys.CREATE_PARTITIONS,
                    ApiKeys.DELETE_GROUPS,
                    ApiKeys.ELECT_LEADERS,
                    ApiKeys.INCREMENTAL_ALTER_CONFIGS,
                    ApiKeys.ALTER_PARTITION_REASSIGNMENTS,
                    ApiKeys.LIST_PARTITION_REASSIGNMENTS,
                    ApiKeys.OFFSET_DELETE,
                    ApiKeys.DESCRIBE_QUORUM,
                    ApiKeys.UPDATE_FEATURES,
                    ApiKeys.DESCRIBE_CLUSTER,
                    ApiKeys.DESCRIBE_PRODUCERS,
                    ApiKeys.UNREGISTER_BROKER,
                    ApiKeys.CONSUMER_GROUP_HEARTBEAT,
                    ApiKeys.CONSUMER_GROUP_DESCRIBE,
                    ApiKeys.LIST_CONFIG_RESOURCES,
                    ApiKeys.DESCRIBE_TOPIC_PARTITIONS);

    private final Broker broker;

    AnnouncedApisTest(Broker broker) {
        this.broker = broker;
    }

    // S56
    @Test
    void everyStableVersionOfWhatIsServedIsAnnouncedAndNothingElse() throws IOException {
        Set<String> announced =
                ask().apiKeys().stream()
                        .map(api -> range(api.apiKey(), api.minVersion(), api.maxVersion()))
                        .collect(Collectors.toSet());

        assertThat(announced)
                .containsExactlyInAnyOrderElementsOf(
                        SERVED.stream()
                                .map(key -> range(key.id, oldest(key), key.latestVersion(false)))
                                .toList());
    }

    /** Produce is announced from 0 for librdkafka's sake, by Kafka too (KAFKA-18659). */
    private static short oldest(ApiKeys key) {
        return key == ApiKeys.PRODUCE ? 0 : key.oldestVersion();
    }

    private static String range(short key, short oldest, short latest) {
        return "%s %d to %d".formatted(ApiKeys.forId(key), oldest, latest);
    }

    private ApiVersionsResponseData ask() throws IOException {
        ApiVersionsRequestData request =
                new ApiVersionsRequestData()
                        .setClientSoftwareName("test")
                        .setClientSoftwareVersion("1");
        RequestHeader header = new RequestHeader(ApiKeys.API_VERSIONS, VERSION, "test", 1);
        ByteBuffer frame =
                RequestUtils.serialize(header.data(), header.headerVersion(), request, VERSION);
        String[] address = broker.bootstrap().split(":", -1);
        try (Socket socket = new Socket(address[0], Integer.parseInt(address[1]))) {
            socket.getOutputStream()
                    .write(
                            ByteBuffer.allocate(Integer.BYTES + frame.remaining())
                                    .putInt(frame.remaining())
                                    .put(frame)
                                    .array());
            DataInputStream in = new DataInputStream(socket.getInputStream());
            byte[] answer = in.readNBytes(in.readInt());
            return (ApiVersionsResponseData)
                    AbstractResponse.parseResponse(ByteBuffer.wrap(answer), header).data();
        }
    }
}
