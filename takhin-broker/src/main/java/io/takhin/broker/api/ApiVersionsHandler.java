package io.takhin.broker.api;

import io.takhin.metadata.ClusterView.Features;
import io.takhin.network.Exchange;
import io.takhin.protocol.AnnouncedApis;
import io.takhin.protocol.ApiVersionsAnswer;
import java.util.function.Supplier;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.common.protocol.ApiKeys;

/** Says what this broker speaks (KIP-35), and which features the cluster has on (KIP-584). */
public final class ApiVersionsHandler implements ApiHandler {
    private final Supplier<ApiVersionsAnswer> answer;
    private final Supplier<Features> features;

    /**
     * @param apis everything announced, this key included; known only once all handlers are
     * @param supported the ranges this program could have on
     * @param features what is on now
     */
    public ApiVersionsHandler(
            Supplier<AnnouncedApis> apis,
            org.apache.kafka.common.feature.Features<SupportedVersionRange> supported,
            Supplier<Features> features) {
        this.answer = () -> new ApiVersionsAnswer(apis.get(), supported);
        this.features = features;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.API_VERSIONS;
    }

    @Override
    public void handle(Exchange exchange) {
        Features now = features.get();
        exchange.reply(answer.get().to(exchange.request(), now.finalized(), now.epoch()));
    }
}
