package io.takhin.broker.api;

import io.takhin.network.Deadline;
import io.takhin.network.Exchange;
import io.takhin.replication.AdvanceSignal;
import io.takhin.replication.Partition;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One Fetch request until it is answered: at once when there is enough to send, else when enough
 * has come or the client's time is up. While it waits it holds no thread, only a place among the
 * signals of its partitions.
 *
 * <p>Threads: everything runs on the connection's loop but {@link #advanced}, which only asks the
 * loop to look again.
 */
final class LongPoll implements AdvanceSignal {
    private static final Logger log = LoggerFactory.getLogger(LongPoll.class);

    private final Exchange exchange;
    private final FetchRequestData request;
    private final FetchSessions.Context context;
    private final FetchReader reader;

    private final List<Partition> watched = new ArrayList<>();
    private final AtomicBoolean lookAgain = new AtomicBoolean();
    private @Nullable Deadline deadline;
    private boolean answered;
    private boolean checking;

    /** The client waits no longer: what is there has to do. */
    private boolean late;

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
        late = request.maxWaitMs() <= 0;
        look();
    }

    @Override
    public void advanced(Partition partition) {
        if (lookAgain.compareAndSet(false, true)) {
            exchange.execute(this::look);
        }
    }

    private void look() {
        lookAgain.set(false);
        if (answered || checking) {
            return;
        }
        FetchPass pass = reader.read(context.session());
        if (!pass.checks().isEmpty()) {
            pass.release();
            check(pass.checks());
        } else if (late || pass.isEnough(request.minBytes())) {
            answer(pass);
        } else {
            pass.release();
            if (deadline == null) {
                park();
            }
        }
    }

    /** Records from before this process' time are looked at before they are sent. */
    private void check(List<Runnable> checks) {
        checking = true;
        exchange.executeAside(() -> {
            try {
                checks.forEach(Runnable::run);
            } catch (KafkaStorageException e) {
                log.debug("cannot check", e);
            } finally {
                // Whatever came in the way, another look meets it again.
                exchange.execute(this::checked);
            }
        });
    }

    private void checked() {
        checking = false;
        look();
    }

    private void park() {
        watched.addAll(reader.partitions(context.session()));
        watched.forEach(partition -> partition.addSignal(this));
        deadline = exchange.executeAfter(Duration.ofMillis(request.maxWaitMs()), this::timeIsUp);
        // What came between the reading and the watching has signalled nobody.
        if (reader.hasMoved(context.session())) {
            look();
        }
    }

    private void timeIsUp() {
        late = true;
        look();
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
