package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.metadata.ClusterView.BrokerNode;
import io.takhin.network.Exchange;
import java.util.function.Supplier;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** DescribeCluster (KIP-700, KIP-919, KIP-1073). */
public final class DescribeClusterHandler implements ApiHandler {
    private static final byte BROKERS = 1;
    private static final byte CONTROLLERS = 2;

    private final Supplier<ClusterView> view;

    public DescribeClusterHandler(Supplier<ClusterView> view) {
        this.view = view;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_CLUSTER;
    }

    @Override
    public void handle(Exchange exchange) {
        DescribeClusterRequestData request = (DescribeClusterRequestData) exchange.request().body();
        exchange.reply(
                request.endpointType() == BROKERS
                        ? answer(request, view.get())
                        : wrongEndpoint(request.endpointType()));
    }

    private static DescribeClusterResponseData wrongEndpoint(byte wanted) {
        Errors error =
                wanted == CONTROLLERS
                        ? Errors.MISMATCHED_ENDPOINT_TYPE
                        : Errors.UNSUPPORTED_ENDPOINT_TYPE;
        return new DescribeClusterResponseData()
                .setErrorCode(error.code())
                .setErrorMessage(
                        "The request was sent to an endpoint of type BROKER, but endpoint type %d"
                                        .formatted(wanted)
                                + " was wanted.");
    }

    private static DescribeClusterResponseData answer(
            DescribeClusterRequestData request, ClusterView now) {
        DescribeClusterResponseData answer =
                new DescribeClusterResponseData()
                        .setEndpointType(BROKERS)
                        .setClusterId(now.clusterId())
                        .setControllerId(now.controllerId().orElse(-1))
                        .setClusterAuthorizedOperations(
                                request.includeClusterAuthorizedOperations()
                                        ? AuthorizedOperations.CLUSTER
                                        : AuthorizedOperations.NOT_ASKED);
        for (BrokerNode broker : now.brokers()) {
            if (broker.alive() || request.includeFencedBrokers()) {
                answer.brokers().add(message(broker));
            }
        }
        return answer;
    }

    private static DescribeClusterBroker message(BrokerNode broker) {
        return new DescribeClusterBroker()
                .setBrokerId(broker.id())
                .setHost(broker.host())
                .setPort(broker.port())
                .setRack(broker.rack())
                .setIsFenced(broker.fenced());
    }
}
