package io.takhin.broker.observe;

import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.takhin.broker.config.BrokerConfig;
import io.takhin.broker.observe.HttpEndpoint.Page;
import java.io.IOException;
import java.util.Map;

/** Metrics over HTTP, for Prometheus to fetch. */
public final class MetricsEndpoint implements AutoCloseable {
    private final HttpEndpoint http;

    private MetricsEndpoint(HttpEndpoint http) {
        this.http = http;
    }

    public static MetricsEndpoint open(BrokerConfig.Metrics config, Metrics metrics)
            throws IOException {
        return new MetricsEndpoint(
                HttpEndpoint.open(
                        "metrics", config.address(), Map.of(config.path(), () -> page(metrics))));
    }

    public int port() {
        return http.port();
    }

    private static Page page(Metrics metrics) throws IOException {
        return new Page(200, PrometheusTextFormatWriter.CONTENT_TYPE, metrics.text());
    }

    @Override
    public void close() {
        http.close();
    }
}
