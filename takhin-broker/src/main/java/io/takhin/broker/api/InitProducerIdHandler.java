package io.takhin.broker.api;

import io.takhin.metadata.ProducerIds;
import io.takhin.network.Exchange;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * Gives idempotent producers their id (KIP-98). Transactional ones are refused: not in this
 * version.
 */
public final class InitProducerIdHandler implements ApiHandler {
    private final ProducerIds ids;

    public InitProducerIdHandler(ProducerIds ids) {
        this.ids = ids;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.INIT_PRODUCER_ID;
    }

    @Override
    public void handle(Exchange exchange) {
        var request = (InitProducerIdRequestData) exchange.request().body();
        if (request.transactionalId() != null) {
            // The client surfaces this error at once; one that it retries would look like a hang.
            exchange.reply(refused(Errors.UNSUPPORTED_VERSION));
            return;
        }
        // A producer that asks for a new epoch names both; what it gets without a transactional id
        // is a new producer id all the same.
        if ((request.producerId() < 0) != (request.producerEpoch() < 0)) {
            exchange.reply(refused(Errors.INVALID_REQUEST));
            return;
        }
        var _ =
                ids.next()
                        .whenComplete((id, failure) ->
                                exchange.reply(
                                        failure == null
                                                ? new InitProducerIdResponseData()
                                                        .setProducerId(id)
                                                        .setProducerEpoch((short) 0)
                                                : refused(
                                                        Errors.forException(
                                                                Errors.maybeUnwrapException(
                                                                        failure)))));
    }

    private static InitProducerIdResponseData refused(Errors error) {
        return new InitProducerIdResponseData()
                .setErrorCode(error.code())
                .setProducerId(-1)
                .setProducerEpoch((short) -1);
    }
}
