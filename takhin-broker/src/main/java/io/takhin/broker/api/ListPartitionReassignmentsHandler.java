package io.takhin.broker.api;

import io.takhin.network.Exchange;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** ListPartitionReassignments (KIP-455). */
public final class ListPartitionReassignmentsHandler implements ApiHandler {
    private final Controller controller;

    public ListPartitionReassignmentsHandler(Controller controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.LIST_PARTITION_REASSIGNMENTS;
    }

    @Override
    public void handle(Exchange exchange) {
        ListPartitionReassignmentsRequestData request =
                (ListPartitionReassignmentsRequestData) exchange.request().body();
        controller.forward(
                exchange,
                request.timeoutMs(),
                ListPartitionReassignmentsResponseData.class,
                problem ->
                        new ListPartitionReassignmentsResponseData()
                                .setErrorCode(problem.code())
                                .setErrorMessage(problem.message()));
    }
}
