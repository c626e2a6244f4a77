package io.takhin.broker.observe;

import io.takhin.base.Clock;
import io.takhin.broker.config.HostAndPort;
import io.takhin.broker.observe.HttpEndpoint.Page;
import io.takhin.broker.observe.HttpEndpoint.PageSource;
import java.io.IOException;
import java.time.Instant;
import java.util.Map;

/**
 * Health over HTTP: {@code /health} for people and monitors, {@code /health/live} answers as long
 * as the process does, {@code /health/ready} is 200 only while clients are served. A broker whose
 * disk is nearly full is served from, and says {@code read-only}.
 */
public final class HealthEndpoint implements AutoCloseable {
    private final HttpEndpoint http;

    private HealthEndpoint(HttpEndpoint http) {
        this.http = http;
    }

    public static HealthEndpoint open(HostAndPort at, Health health, Clock clock)
            throws IOException {
        Map<String, PageSource> pages =
                Map.of(
                        "/health", () -> health(health.state(), clock),
                        "/health/live", () -> page(200, "alive", "", clock),
                        "/health/ready", () -> ready(health.state(), clock));
        return new HealthEndpoint(HttpEndpoint.open("health", at, pages));
    }

    public int port() {
        return http.port();
    }

    private static Page health(HealthState state, Clock clock) {
        return switch (state) {
            case HealthState.Ready _, HealthState.NotReady _ -> page(200, "healthy", "", clock);
            case HealthState.ReadOnly(String why) -> page(200, "read-only", why, clock);
            case HealthState.Failing(String why) -> page(503, "unhealthy", why, clock);
        };
    }

    private static Page ready(HealthState state, Clock clock) {
        return switch (state) {
            case HealthState.Ready _ -> page(200, "ready", "", clock);
            // To be sent elsewhere would not help clients, and whoever frees space has to come in.
            case HealthState.ReadOnly(String why) -> page(200, "read-only", why, clock);
            case HealthState.NotReady(String why) -> page(503, "not ready", why, clock);
            case HealthState.Failing(String why) -> page(503, "not ready", why, clock);
        };
    }

    private static Page page(int httpStatus, String status, String reason, Clock clock) {
        String why = reason.isEmpty() ? "" : ",\"reason\":\"" + escaped(reason) + "\"";
        Instant now = Instant.ofEpochMilli(clock.wallMillis());
        return Page.json(
                httpStatus,
                "{\"status\":\"" + status + "\"" + why + ",\"timestamp\":\"" + now + "\"}\n");
    }

    private static String escaped(String text) {
        return text.replace("\\", "\\\\").replace("\"", "\\\"").replaceAll("\\p{Cntrl}", " ");
    }

    @Override
    public void close() {
        http.close();
    }
}
