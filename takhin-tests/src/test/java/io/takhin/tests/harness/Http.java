package io.takhin.tests.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** What {@code curl} is to a user. */
public final class Http {
    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private Http() {}

    public static HttpResponse<String> get(String url) {
        try {
            return send(url);
        } catch (IOException e) {
            throw new UncheckedIOException(url, e);
        }
    }

    /** The body, or nothing where nobody answers. */
    public static String getOrEmpty(String url) {
        try {
            return send(url).body();
        } catch (IOException _) {
            return "";
        }
    }

    private static HttpResponse<String> send(String url) throws IOException {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(url)).timeout(TIMEOUT).build();
            return client.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking " + url, e);
        }
    }
}
