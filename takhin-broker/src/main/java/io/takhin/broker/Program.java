package io.takhin.broker;

import io.takhin.base.Clock;
import io.takhin.broker.config.BrokerConfig;
import io.takhin.broker.config.LoadedConfig;
import io.takhin.broker.config.Setting;
import io.takhin.broker.logging.LogLevels;
import io.takhin.broker.logging.LogOutput;
import io.takhin.broker.observe.Health;
import io.takhin.broker.observe.HealthEndpoint;
import io.takhin.broker.observe.Metrics;
import io.takhin.broker.observe.MetricsEndpoint;
import java.io.IOException;
import java.net.BindException;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running program: log, health, metrics and the broker, started in this order and stopped in
 * the reverse one. Health comes first, so that whoever watches sees a start that takes long.
 *
 * <p>Threads: one starts it; another may close it at any time, once. What is still on its way up
 * then ends with the process.
 */
final class Program implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Program.class);

    private final LoadedConfig loaded;
    private final Health health = new Health();
    private final Deque<AutoCloseable> running = new ConcurrentLinkedDeque<>();
    private final CompletableFuture<Throwable> failed = new CompletableFuture<>();

    Program(LoadedConfig loaded) {
        this.loaded = loaded;
    }

    /** Completes when the broker cannot go on. */
    CompletableFuture<Throwable> failed() {
        return failed;
    }

    /** Throws when anything could not be started; {@link #close} stops what was. */
    void start(BrokerProcess.Starter starter) throws CannotStartException, InterruptedException {
        BrokerConfig config = loaded.config();
        LogLevels levels = startLog(config);
        log.info("Takhin {} starting, broker {}", Version.current(), config.node().id());
        StartFailure.requireUsable(config.storage().dataDir());
        startHealth(config.health());
        Metrics metrics = new Metrics(Version.current(), config.storage().dataDir());
        startMetrics(config.metrics(), metrics);
        startBroker(starter, new BrokerProcess.Surroundings(loaded, health, metrics, levels));
    }

    private static LogLevels startLog(BrokerConfig config) throws CannotStartException {
        try {
            return LogOutput.start(config.logging());
        } catch (IOException e) {
            throw StartFailure.describe(e, Setting.LOGGING_OUTPUT_PATH.key());
        }
    }

    private void startHealth(BrokerConfig.Health config) throws CannotStartException {
        if (!config.enabled()) {
            return;
        }
        try {
            running.push(HealthEndpoint.open(config.address(), health, Clock.SYSTEM));
        } catch (BindException e) {
            throw StartFailure.portTaken(config.address(), Setting.HEALTH_PORT, e);
        } catch (IOException e) {
            throw StartFailure.describe(e, Setting.HEALTH_HOST.key());
        }
    }

    private void startMetrics(BrokerConfig.Metrics config, Metrics metrics)
            throws CannotStartException {
        if (!config.enabled()) {
            return;
        }
        try {
            running.push(MetricsEndpoint.open(config, metrics));
        } catch (BindException e) {
            throw StartFailure.portTaken(config.address(), Setting.METRICS_PORT, e);
        } catch (IOException e) {
            throw StartFailure.describe(e, Setting.METRICS_HOST.key());
        }
    }

    private void startBroker(BrokerProcess.Starter starter, BrokerProcess.Surroundings surroundings)
            throws CannotStartException, InterruptedException {
        try {
            BrokerProcess broker = starter.start(surroundings);
            running.push(broker);
            var _ = broker.failed().thenAccept(failed::complete);
        } catch (BindException e) {
            throw StartFailure.portTaken(
                    loaded.config().network().listeners().getFirst(), Setting.SERVER_PORT, e);
        } catch (IOException e) {
            log.debug("the broker did not start", e);
            throw StartFailure.describe(e, Setting.STORAGE_DATA_DIR.key());
        }
    }

    /** Stops all parts, whatever one of them does. */
    @Override
    public void close() {
        health.notReady("stopping");
        for (AutoCloseable part = running.poll(); part != null; part = running.poll()) {
            close(part);
        }
        log.info("stopped");
        LogOutput.stop();
    }

    private static void close(AutoCloseable part) {
        try {
            part.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            log.error("a part did not stop cleanly", e);
        }
    }
}
