package io.takhin.broker;

import io.takhin.broker.config.LoadedConfig;
import io.takhin.broker.logging.LogLevels;
import io.takhin.broker.observe.Health;
import io.takhin.broker.observe.Metrics;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;

/**
 * A broker that runs, as the program's frame sees it.
 *
 * <p>Threads: any may ask; {@link #close} is called once.
 */
public interface BrokerProcess extends AutoCloseable {
    /** Completes, with the reason, when the broker cannot go on; the process then ends. */
    CompletableFuture<Throwable> failed();

    /** Stops serving and leaves everything durable. Returns when that is done. */
    @Override
    void close() throws IOException;

    /**
     * How a broker is started. Returns when its listeners are open. A {@link
     * java.net.BindException} means a Kafka listener's port is taken.
     */
    interface Starter {
        BrokerProcess start(Surroundings surroundings) throws IOException, InterruptedException;
    }

    /**
     * What a broker is given.
     *
     * @param health to be told when clients are served, and when something breaks
     * @param metrics to be shown the broker by {@link Metrics#show}
     */
    record Surroundings(LoadedConfig loaded, Health health, Metrics metrics, LogLevels logLevels) {}
}
