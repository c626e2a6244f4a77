package io.takhin.broker.observe;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.takhin.base.Threads;
import io.takhin.broker.config.HostAndPort;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small HTTP server that answers GET with texts made at the time of asking.
 *
 * <p>Threads: one accepts, a virtual thread a request makes the text.
 */
final class HttpEndpoint implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(HttpEndpoint.class);
    private static final int BACKLOG = 50;

    private final HttpServer server;
    private final ExecutorService threads;

    private HttpEndpoint(HttpServer server, ExecutorService threads) {
        this.server = server;
        this.threads = threads;
    }

    /** An answer; the text is UTF-8. */
    record Page(int status, String contentType, String text) {
        static Page json(int status, String text) {
            return new Page(status, "application/json", text);
        }

        static Page plain(int status, String text) {
            return new Page(status, "text/plain; charset=utf-8", text);
        }
    }

    /** Makes the answer; a failure is answered with status 500 and logged. */
    interface PageSource {
        Page page() throws IOException;
    }

    /** Listens at once. Throws {@link java.net.BindException} when the address is taken. */
    static HttpEndpoint open(String name, HostAndPort at, Map<String, PageSource> pages)
            throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(at.host(), at.port()), BACKLOG);
        ExecutorService threads = Threads.virtualExecutor(name);
        server.setExecutor(threads);
        server.createContext("/", exchange -> answer(exchange, pages));
        server.start();
        return new HttpEndpoint(server, threads);
    }

    int port() {
        return server.getAddress().getPort();
    }

    private static void answer(HttpExchange exchange, Map<String, PageSource> pages)
            throws IOException {
        try (exchange) {
            Page page = pageFor(exchange, pages);
            byte[] body = page.text().getBytes(StandardCharsets.UTF_8);
            exchange.getResponseHeaders().set("Content-Type", page.contentType());
            boolean headOnly = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(page.status(), headOnly ? -1 : body.length);
            if (!headOnly) {
                try (OutputStream out = exchange.getResponseBody()) {
                    out.write(body);
                }
            }
        }
    }

    private static Page pageFor(HttpExchange exchange, Map<String, PageSource> pages) {
        String method = exchange.getRequestMethod();
        if (!method.equals("GET") && !method.equals("HEAD")) {
            return Page.plain(405, "only GET and HEAD\n");
        }
        PageSource source = pages.get(exchange.getRequestURI().getPath());
        return source == null ? Page.plain(404, "no such page\n") : make(source);
    }

    private static Page make(PageSource source) {
        try {
            return source.page();
        } catch (IOException | RuntimeException e) {
            log.error("a page could not be made", e);
            return Page.plain(500, "internal error\n");
        }
    }

    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }
}
