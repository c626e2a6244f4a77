package io.takhin.broker.api;

import io.takhin.metadata.Quorum;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.kafka.common.protocol.ApiMessage;

/** A controller that remembers what it was asked and answers as a test says. */
public final class FakeQuorum implements Quorum {
    private final Map<Class<?>, Function<ApiMessage, CompletableFuture<ApiMessage>>> answers =
            new HashMap<>();
    private final List<Asked> asked = new ArrayList<>();

    /** One question, as it came. */
    public record Asked(ApiMessage request, short version, Caller caller, int timeoutMillis) {}

    /** How to answer every request of a kind. */
    public <T extends ApiMessage> FakeQuorum on(Class<T> request, Function<T, ApiMessage> answer) {
        return onAsync(request, body -> CompletableFuture.completedFuture(answer.apply(body)));
    }

    public <T extends ApiMessage> FakeQuorum onAsync(
            Class<T> request, Function<T, CompletableFuture<ApiMessage>> answer) {
        answers.put(request, body -> answer.apply(request.cast(body)));
        return this;
    }

    public <T extends ApiMessage> FakeQuorum failOn(Class<T> request, RuntimeException error) {
        return onAsync(request, _ -> CompletableFuture.failedFuture(error));
    }

    public List<Asked> asked() {
        return List.copyOf(asked);
    }

    /** The requests of one kind, in the order in which they came. */
    public <T extends ApiMessage> List<T> asked(Class<T> type) {
        return asked.stream().map(Asked::request).filter(type::isInstance).map(type::cast).toList();
    }

    @Override
    public CompletableFuture<Void> visible() {
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public Status status() {
        return new Status(Role.LEADER, OptionalInt.of(1), 1);
    }

    @Override
    public CompletableFuture<ApiMessage> ask(
            ApiMessage request, short version, Caller caller, int timeoutMillis) {
        asked.add(new Asked(request, version, caller, timeoutMillis));
        var answer = answers.get(request.getClass());
        if (answer == null) {
            throw new AssertionError("the controller was asked for " + request);
        }
        return answer.apply(request);
    }
}
