package io.takhin.broker.api;

import io.takhin.network.Exchange;
import org.apache.kafka.common.message.UnregisterBrokerResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** UnregisterBroker (KIP-631): the cluster forgets a broker that will not come back. */
public final class UnregisterBrokerHandler implements ApiHandler {
    private static final int TIMEOUT_MILLIS = 30_000;

    private final Controller controller;

    public UnregisterBrokerHandler(Controller controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.UNREGISTER_BROKER;
    }

    @Override
    public void handle(Exchange exchange) {
        controller.forward(
                exchange,
                TIMEOUT_MILLIS,
                UnregisterBrokerResponseData.class,
                problem ->
                        new UnregisterBrokerResponseData()
                                .setErrorCode(problem.code())
                                .setErrorMessage(problem.message()));
    }
}
