package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.Utils;
import org.junit.jupiter.api.Test;

/** DescribeCluster and ListConfigResources: what a view says of the whole cluster. */
class ClusterHandlersTest {
    private final TestCluster cluster =
            new TestCluster().broker(1).fencedBroker(2).topic("orders", 1);
    private final DescribeClusterHandler describe = new DescribeClusterHandler(cluster::view);
    private final ListConfigResourcesHandler list =
            new ListConfigResourcesHandler(cluster::view, _ -> List.of("g1"));

    @Test
    void brokersThatServeAreListedInEveryVersion() {
        for (int version = 0; version <= 2; version++) {
            DescribeClusterResponseData answer =
                    FakeExchange.of(new DescribeClusterRequestData(), version)
                            .answerOf(describe, DescribeClusterResponseData.class);

            assertThat(answer.clusterId()).isEqualTo("test-cluster");
            assertThat(answer.controllerId()).isEqualTo(1);
            assertThat(answer.brokers())
                    .containsExactly(
                            new DescribeClusterBroker()
                                    .setBrokerId(1)
                                    .setHost("host-1")
                                    .setPort(9092));
            assertThat(answer.clusterAuthorizedOperations()).isEqualTo(Integer.MIN_VALUE);
        }
    }

    @Test
    void fencedBrokersAreListedOnDemand() {
        DescribeClusterResponseData answer =
                describe(new DescribeClusterRequestData().setIncludeFencedBrokers(true));

        assertThat(answer.brokers().find(2).isFenced()).isTrue();
    }

    @Test
    void everythingIsAllowedWhereNobodyForbids() {
        DescribeClusterResponseData answer =
                describe(
                        new DescribeClusterRequestData()
                                .setIncludeClusterAuthorizedOperations(true));

        assertThat(Utils.from32BitField(answer.clusterAuthorizedOperations()))
                .isEqualTo(
                        Set.of(
                                (byte) 5, (byte) 7, (byte) 8, (byte) 9, (byte) 10, (byte) 11,
                                (byte) 12));
    }

    @Test
    void whoLooksForControllersIsToldThatThisIsABroker() {
        assertThat(describe(new DescribeClusterRequestData().setEndpointType((byte) 2)).errorCode())
                .isEqualTo(Errors.MISMATCHED_ENDPOINT_TYPE.code());
        assertThat(describe(new DescribeClusterRequestData().setEndpointType((byte) 9)).errorCode())
                .isEqualTo(Errors.UNSUPPORTED_ENDPOINT_TYPE.code());
    }

    @Test
    void everythingThatHasSettingsIsListed() {
        ListConfigResourcesResponseData answer = list(new ListConfigResourcesRequestData(), 1);

        assertThat(answer.configResources())
                .extracting(it -> it.resourceType() + ":" + it.resourceName())
                .containsExactly("2:orders", "4:1", "4:2", "8:1", "8:2", "32:g1");
    }

    @Test
    void someKindsCanBeAskedFor() {
        ListConfigResourcesRequestData request =
                new ListConfigResourcesRequestData()
                        .setResourceTypes(List.of(ConfigResource.Type.TOPIC.id()));

        assertThat(list(request, 1).configResources()).hasSize(1);
        assertThat(list(request.setResourceTypes(List.of((byte) 99)), 1).errorCode())
                .isEqualTo(Errors.UNSUPPORTED_VERSION.code());
    }

    @Test
    void theFirstVersionKnewClientMetricsOnly() {
        assertThat(list(new ListConfigResourcesRequestData(), 0).configResources()).isEmpty();
    }

    private DescribeClusterResponseData describe(DescribeClusterRequestData request) {
        return FakeExchange.of(request).answerOf(describe, DescribeClusterResponseData.class);
    }

    private ListConfigResourcesResponseData list(
            ListConfigResourcesRequestData request, int version) {
        return FakeExchange.of(request, version)
                .answerOf(list, ListConfigResourcesResponseData.class);
    }
}
