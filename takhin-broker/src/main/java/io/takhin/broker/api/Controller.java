package io.takhin.broker.api;

import io.takhin.base.Clock;
import io.takhin.metadata.Quorum;
import io.takhin.network.Exchange;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * The active controller, as handlers ask it: in the newest version of a request, because the newest
 * says most, and with one deadline for all questions a client's request leads to. Where nothing has
 * to be added or refused, the client's request is passed on in its own version. An answer is handed
 * out when this broker's view has what it tells of, as far as {@link Quorum#visible} promises that.
 *
 * <p>Threads: any.
 */
public final class Controller {
    private final Quorum quorum;
    private final Clock clock;

    public Controller(Quorum quorum, Clock clock) {
        this.quorum = quorum;
        this.clock = clock;
    }

    static Quorum.Caller callerOf(Exchange exchange) {
        return new Quorum.Caller(
                exchange.client().principal(),
                Objects.requireNonNullElse(exchange.request().clientId(), ""),
                exchange.client().address().getAddress().getHostAddress());
    }

    /** A conversation that has to be over after some time, whatever the number of its questions. */
    Session session(Quorum.Caller caller, int timeoutMillis) {
        return new Session(caller, clock.nanos() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis));
    }

    /**
     * Passes a request on as it came, in the client's version, and answers what the controller
     * does.
     *
     * @param onFailure the answer when no controller could be asked
     */
    <T extends ApiMessage> void forward(
            Exchange exchange, int timeoutMillis, Class<T> answer, Function<Problem, T> onFailure) {
        Session session = session(callerOf(exchange), timeoutMillis);
        Answers.give(
                exchange,
                session.ask(exchange.request().body(), exchange.request().version(), answer),
                onFailure);
    }

    final class Session {
        private final Quorum.Caller caller;
        private final long deadlineNanos;

        private Session(Quorum.Caller caller, long deadlineNanos) {
            this.caller = caller;
            this.deadlineNanos = deadlineNanos;
        }

        /** The same caller, with new patience. */
        Session extended(int timeoutMillis) {
            return session(caller, timeoutMillis);
        }

        <T extends ApiMessage> CompletableFuture<T> ask(ApiMessage request, Class<T> answer) {
            short version = ApiKeys.forId(request.apiKey()).latestVersion(false);
            return ask(request, version, answer);
        }

        <T extends ApiMessage> CompletableFuture<T> ask(
                ApiMessage request, short version, Class<T> answer) {
            return quorum.ask(request, version, caller, millisLeft())
                    .thenCompose(reply -> quorum.visible().thenApply(_ -> answer.cast(reply)));
        }

        int millisLeft() {
            long left = TimeUnit.NANOSECONDS.toMillis(deadlineNanos - clock.nanos());
            return (int) Math.max(0, left);
        }
    }
}
