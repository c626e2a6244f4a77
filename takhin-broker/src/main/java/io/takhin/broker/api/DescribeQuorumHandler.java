package io.takhin.broker.api;

import io.takhin.network.Exchange;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** DescribeQuorum (KIP-595, KIP-836, KIP-853): only the quorum's leader knows. */
public final class DescribeQuorumHandler implements ApiHandler {
    private static final int TIMEOUT_MILLIS = 30_000;

    private final Controller controller;

    public DescribeQuorumHandler(Controller controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_QUORUM;
    }

    @Override
    public void handle(Exchange exchange) {
        controller.forward(
                exchange,
                TIMEOUT_MILLIS,
                DescribeQuorumResponseData.class,
                problem ->
                        new DescribeQuorumResponseData()
                                .setErrorCode(problem.code())
                                .setErrorMessage(problem.message()));
    }
}
