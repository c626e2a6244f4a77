package io.takhin.broker.api;

import io.takhin.metadata.Quorum.Caller;
import io.takhin.network.Exchange;

/** On whose behalf a handler asks the controller. */
final class Callers {
    private Callers() {}

    static Caller of(Exchange exchange) {
        return new Caller(
                exchange.client().principal(),
                exchange.request().clientId(),
                exchange.client().address().getAddress().getHostAddress());
    }
}
