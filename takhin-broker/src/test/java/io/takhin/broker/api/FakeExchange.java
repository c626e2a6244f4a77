package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.network.Client;
import io.takhin.network.Deadline;
import io.takhin.network.Exchange;
import io.takhin.protocol.FrameEncoder;
import io.takhin.protocol.Request;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.requests.RequestHeader;

/**
 * A request out of nowhere, and the record of what was answered. An answer must be one that the
 * request's version can carry, and there must be one only.
 */
public final class FakeExchange implements Exchange {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Request request;
    private Client client = TestClient.local("", Duration.ofMinutes(1));
    private final CompletableFuture<ApiMessage> answer = new CompletableFuture<>();

    private final List<Runnable> deadlines = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Void> waits = new CompletableFuture<>();
    private final CompletableFuture<String> end = new CompletableFuture<>();

    private FakeExchange(Request request) {
        this.request = request;
    }

    /** A request of the newest stable version. */
    public static FakeExchange of(ApiMessage body) {
        return of(body, ApiKeys.forId(body.apiKey()).latestVersion(false));
    }

    public static FakeExchange of(ApiMessage body, int version) {
        ApiKeys key = ApiKeys.forId(body.apiKey());
        RequestHeader header = new RequestHeader(key, (short) version, "test-client", 1);
        return new FakeExchange(new Request(header, body));
    }

    /** What the client is, and how long its connection has been open. */
    public FakeExchange by(String softwareName, Duration openFor) {
        client = TestClient.local(softwareName, openFor);
        return this;
    }

    /** Lets a handler start, and gives what it answers, now or soon. */
    public <T extends ApiMessage> T answerOf(ApiHandler handler, Class<T> type) {
        handler.handle(this);
        return answer(type);
    }

    public <T extends ApiMessage> T answer(Class<T> type) {
        return type.cast(answer.orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).join());
    }

    public boolean answered() {
        return answer.isDone();
    }

    @Override
    public Request request() {
        return request;
    }

    @Override
    public Client client() {
        return client;
    }

    @Override
    public void reply(ApiMessage response) {
        // Throws where the version has no place for something that is set.
        FrameEncoder.response(request.header(), response);
        assertThat(answer.complete(response)).as("only one answer").isTrue();
    }

    /** Returns once the handler waits for time to pass. */
    public void awaitDeadline() {
        waits.orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).join();
    }

    /** Lets the time of whatever the handler waits for run out. */
    public void letTimePass() {
        deadlines.forEach(Runnable::run);
    }

    /** How a request ended that got no answer: "nothing", or why its connection was closed. */
    public String end() {
        return end.getNow("not yet");
    }

    public String awaitEnd() {
        return end.orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS).join();
    }

    @Override
    public void replyNothing() {
        end.complete("nothing");
    }

    @Override
    public void disconnect(String why) {
        end.complete(why);
    }

    @Override
    public void execute(Runnable task) {
        task.run();
    }

    @Override
    public void executeAside(Runnable task) {
        task.run();
    }

    @Override
    public void runAside(int bytes, Runnable task) {
        Thread.ofVirtual().start(task);
    }

    @Override
    public Deadline executeAfter(Duration delay, Runnable task) {
        deadlines.add(task);
        waits.complete(null);
        return () -> deadlines.remove(task);
    }
}
