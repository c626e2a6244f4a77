package io.takhin.broker;

import io.takhin.broker.observe.RequestMetrics;
import io.takhin.network.TrafficObserver;
import org.apache.kafka.common.protocol.ApiKeys;

/** Counts what passes through the listeners. */
record Traffic(RequestMetrics requests) implements TrafficObserver {
    @Override
    public void replySent(ApiKeys key, long bytes, long nanos) {
        requests.completed(key, nanos);
    }
}
