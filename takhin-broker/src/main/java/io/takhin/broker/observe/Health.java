package io.takhin.broker.observe;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * The current health. The broker reports it, the health endpoint shows it.
 *
 * <p>Threads: any may report and ask.
 */
public final class Health {
    private final AtomicReference<HealthState> state =
            new AtomicReference<>(new HealthState.NotReady("starting"));

    private final AtomicReference<@Nullable String> readOnly = new AtomicReference<>();

    public HealthState state() {
        HealthState now = state.get();
        String why = readOnly.get();
        return now instanceof HealthState.Ready && why != null
                ? new HealthState.ReadOnly(why)
                : now;
    }

    /** Nothing can be produced, for a reason that passes. */
    public void readOnly(String why) {
        readOnly.set(why);
    }

    public void writable() {
        readOnly.set(null);
    }

    public void ready() {
        become(new HealthState.Ready());
    }

    public void notReady(String why) {
        become(new HealthState.NotReady(why));
    }

    public void failing(String why) {
        become(new HealthState.Failing(why));
    }

    /** What broke does not mend itself: a later report of good health does not hide it. */
    private void become(HealthState next) {
        state.updateAndGet(now -> now instanceof HealthState.Failing ? now : next);
    }
}
