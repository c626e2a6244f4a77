package io.takhin.broker.api;

import io.takhin.network.Exchange;
import io.takhin.network.RequestHandler;
import io.takhin.protocol.AnnouncedApis;
import io.takhin.protocol.ApiRange;
import io.takhin.protocol.ErrorReplies;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Every API this broker serves, and the way from a request to its handler. */
public final class ApiTable implements RequestHandler {
    private static final Logger log = LoggerFactory.getLogger(ApiTable.class);

    private final @Nullable ApiHandler[] byId;
    private final AnnouncedApis announced;

    /**
     * A table that says of itself what is in it.
     *
     * @param apiVersions makes the handler of ApiVersions from everything announced, itself
     *     included
     */
    public static ApiTable withVersions(
            Collection<? extends ApiHandler> handlers,
            Function<AnnouncedApis, ApiHandler> apiVersions) {
        List<ApiRange> ranges = new ArrayList<>(handlers.stream().map(ApiTable::range).toList());
        ranges.add(ApiRange.stable(ApiKeys.API_VERSIONS));
        List<ApiHandler> all = new ArrayList<>(handlers);
        all.add(apiVersions.apply(AnnouncedApis.of(ranges)));
        return new ApiTable(all);
    }

    private ApiTable(Collection<? extends ApiHandler> handlers) {
        byId = new ApiHandler[idMax(handlers) + 1];
        handlers.forEach(handler -> byId[handler.key().id] = handler);
        announced = AnnouncedApis.of(handlers.stream().map(ApiTable::range).toList());
    }

    private static int idMax(Collection<? extends ApiHandler> handlers) {
        return handlers.stream().mapToInt(handler -> handler.key().id).max().orElse(-1);
    }

    private static ApiRange range(ApiHandler handler) {
        return new ApiRange(handler.key(), handler.oldestVersion(), handler.latestVersion());
    }

    /** What a listener decodes; a request for anything else never gets here. */
    public AnnouncedApis announced() {
        return announced;
    }

    @Override
    public void handle(Exchange exchange) {
        ApiHandler handler = byId[exchange.request().apiKey().id];
        if (handler == null) {
            throw new IllegalStateException("not announced: " + exchange.request().apiKey());
        }
        try {
            handler.handle(exchange);
        } catch (RuntimeException e) {
            fail(exchange, e);
        }
    }

    /** A request that fails must not take its connection, let alone its loop, along. */
    static void fail(Exchange exchange, Throwable cause) {
        if (!(cause instanceof ApiException)) {
            log.error("{} from {} failed", exchange.request().header(), exchange.client(), cause);
        }
        ApiMessage answer = ErrorReplies.to(exchange.request(), cause);
        if (answer == null) {
            exchange.disconnect("failed, and wants no answer");
        } else {
            exchange.reply(answer);
        }
    }
}
