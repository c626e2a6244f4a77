package io.takhin.broker.observe;

import io.prometheus.metrics.core.datapoints.CounterDataPoint;
import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * Counts requests by API. The series of an API is looked up by name once; after that a request
 * costs two additions on striped counters.
 *
 * <p>Threads: any.
 */
public final class RequestMetrics {
    private static final double NANOS_PER_SECOND = 1e9;

    /**
     * Seconds: fine below 10 ms, where the targets lie; the last before infinity is a long poll.
     */
    private static final double[] BOUNDS = {
        0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30
    };

    private final Counter requests;
    private final Histogram durations;
    private final Counter errors;
    private final AtomicReferenceArray<@Nullable Series> seriesByKey;

    RequestMetrics(PrometheusRegistry registry) {
        requests =
                Counter.builder()
                        .name("takhin_kafka_requests_total")
                        .help("Requests answered, by API.")
                        .labelNames("api")
                        .register(registry);
        durations =
                Histogram.builder()
                        .name("takhin_kafka_request_duration_seconds")
                        .help("Time from a request's arrival to its answer, by API.")
                        .labelNames("api")
                        .classicOnly()
                        .classicUpperBounds(BOUNDS)
                        .withoutExemplars()
                        .register(registry);
        errors =
                Counter.builder()
                        .name("takhin_kafka_request_errors_total")
                        .help("Requests answered with an error, by API and error code.")
                        .labelNames("api", "code")
                        .register(registry);
        seriesByKey = new AtomicReferenceArray<>(keyCount());
    }

    private record Series(CounterDataPoint requests, DistributionDataPoint durations) {}

    /** A request was answered, or needed no answer and is done. */
    public void completed(ApiKeys key, long nanos) {
        Series series = series(key);
        series.requests().inc();
        series.durations().observe(nanos / NANOS_PER_SECOND);
    }

    /** An answer contained this error. Called in addition to {@link #completed}. */
    public void failed(ApiKeys key, Errors error) {
        errors.labelValues(key.name, error.name()).inc();
    }

    /** Two threads may both look a series up: they find the same one. */
    private Series series(ApiKeys key) {
        Series known = seriesByKey.get(key.id);
        return known != null ? known : lookUp(key);
    }

    private Series lookUp(ApiKeys key) {
        Series found = new Series(requests.labelValues(key.name), durations.labelValues(key.name));
        seriesByKey.set(key.id, found);
        return found;
    }

    private static int keyCount() {
        return Arrays.stream(ApiKeys.values()).mapToInt(key -> key.id).max().orElseThrow() + 1;
    }
}
