package io.takhin.broker;

import io.takhin.broker.observe.RequestMetrics;
import io.takhin.network.TrafficObserver;
import io.takhin.protocol.ReplyErrors;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;

/** Counts what passes through the listeners. */
record Traffic(RequestMetrics requests) implements TrafficObserver {
    @Override
    public void replying(ApiKeys key, short version, ApiMessage response) {
        for (Errors error : ReplyErrors.in(response, version)) {
            requests.failed(key, error);
        }
    }

    @Override
    public void replySent(ApiKeys key, long bytes, long nanos) {
        requests.completed(key, nanos);
    }
}
