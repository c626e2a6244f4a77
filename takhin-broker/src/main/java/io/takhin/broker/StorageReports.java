package io.takhin.broker;

import io.takhin.base.Clock;
import io.takhin.broker.observe.Health;
import io.takhin.broker.observe.StorageSeries;
import io.takhin.log.DiskSpace;
import io.takhin.log.FlushObserver;
import io.takhin.log.RecoveryListener;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes on what the data directory reports: to health, to metrics, and to the log.
 *
 * <p>Threads: each report comes on one thread at a time.
 */
final class StorageReports implements RecoveryListener, DiskSpace.Listener, FlushObserver {
    private static final Logger log = LoggerFactory.getLogger(StorageReports.class);
    private static final long PROGRESS_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final Health health;
    private final StorageSeries series;
    private final Clock clock;
    private long saidNanos;

    StorageReports(Health health, StorageSeries series, Clock clock) {
        this.health = health;
        this.series = series;
        this.clock = clock;
        this.saidNanos = clock.nanos();
    }

    @Override
    public void readBack(int done, int total) {
        series.readBack(done, total);
        health.notReady("reading back partitions: " + done + " of " + total);
        if (clock.nanos() - saidNanos > PROGRESS_NANOS) {
            saidNanos = clock.nanos();
            log.info("reading back partitions done={} total={}", done, total);
        }
    }

    @Override
    public void readOnly(String why) {
        health.readOnly(why);
    }

    @Override
    public void writable() {
        health.writable();
    }

    @Override
    public void flushed(Target target, int logs, long bytes, long nanos) {
        series.flushed(target.name().toLowerCase(Locale.ROOT), nanos);
    }
}
