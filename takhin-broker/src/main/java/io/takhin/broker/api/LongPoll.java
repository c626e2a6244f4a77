package io.takhin.broker.api;

import io.takhin.network.Deadline;
import io.takhin.network.Exchange;
import io.takhin.replication.AdvanceSignal;
import io.takhin.replication.Partition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/**
 * One Fetch request until it is answered: at once when there is enough to send, else when enough
 * has come or the client's time is up. While it waits it holds no thread, only a place among the
 * signals of its partitions.
 *
 * <p>Threads: everything runs on the connection's loop but {@link #advanced}, which only asks the
 * loop to look again.
 */
final class LongPoll implements AdvanceSignal {
    private final Exchange exchange;
    private final FetchRequestData request;
    private final FetchSessions.Context context;
    private final FetchReader reader;

    private final List<Partition> watched = new ArrayList<>();
    private final AtomicBoolean lookAgain = new AtomicBoolean();
    private @Nullable Deadline deadline;
    private boolean answered;

    LongPoll(Exchange exchange, FetchSessions.Context context, ReplicaLookup replicas) {
        this.exchange = exchange;
        this.request = (FetchRequestData) exchange.request().body();
        this.context = context;
        this.reader = new FetchReader(request, exchange.request().version(), replicas);
    }

    void start() {
        if (context.error() != Errors.NONE) {
            exchange.reply(new FetchResponseData().setErrorCode(context.error().code()));
            return;
        }
        FetchPass pass = reader.read(context.session());
        if (request.maxWaitMs() <= 0 || pass.isEnough(request.minBytes())) {
            answer(pass);
        } else {
            pass.release();
            park();
        }
    }

    private void park() {
        for (FetchTarget target : context.session().targets()) {
            Partition partition = reader.find(target);
            if (partition != null) {
                watched.add(partition);
                partition.addSignal(this);
            }
        }
        deadline = exchange.executeAfter(Duration.ofMillis(request.maxWaitMs()), this::timeIsUp);
        // What came between the reading and the watching has signalled nobody.
        if (reader.hasMoved(context.session())) {
            look();
        }
    }

    @Override
    public void advanced(Partition partition) {
        if (lookAgain.compareAndSet(false, true)) {
            exchange.execute(this::look);
        }
    }

    private void look() {
        lookAgain.set(false);
        if (answered) {
            return;
        }
        FetchPass pass = reader.read(context.session());
        if (pass.isEnough(request.minBytes())) {
            answer(pass);
        } else {
            pass.release();
        }
    }

    private void timeIsUp() {
        if (!answered) {
            answer(reader.read(context.session()));
        }
    }

    private void answer(FetchPass pass) {
        answered = true;
        watched.forEach(partition -> partition.removeSignal(this));
        if (deadline != null) {
            deadline.cancel();
        }
        exchange.reply(pass.toResponse(context.incremental()));
    }
}
