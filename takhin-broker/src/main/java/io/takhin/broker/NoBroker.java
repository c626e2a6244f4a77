package io.takhin.broker;

import java.util.concurrent.CompletableFuture;

/** Stands in until the broker itself is wired: health and metrics run, clients are not served. */
final class NoBroker implements BrokerProcess {
    private final CompletableFuture<Throwable> failed = new CompletableFuture<>();

    private NoBroker() {}

    static BrokerProcess start(Surroundings surroundings) {
        surroundings.health().notReady("this build has no broker");
        return new NoBroker();
    }

    @Override
    public CompletableFuture<Throwable> failed() {
        return failed;
    }

    @Override
    public void close() {
        failed.cancel(false);
    }
}
