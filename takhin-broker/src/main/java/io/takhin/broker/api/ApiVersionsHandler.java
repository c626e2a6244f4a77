package io.takhin.broker.api;

import io.takhin.metadata.ClusterView;
import io.takhin.network.Exchange;
import io.takhin.protocol.AnnouncedApis;
import io.takhin.protocol.ApiVersionsAnswer;
import java.util.function.Supplier;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.common.protocol.ApiKeys;

/** Says what this broker speaks (KIP-35), and which features the cluster has on (KIP-584). */
public final class ApiVersionsHandler implements ApiHandler {
    private final ApiVersionsAnswer answer;
    private final Supplier<ClusterView> cluster;

    /**
     * @param apis everything announced, this key included
     * @param supported the features this program could have on
     */
    public ApiVersionsHandler(
            AnnouncedApis apis,
            Features<SupportedVersionRange> supported,
            Supplier<ClusterView> cluster) {
        this.answer = new ApiVersionsAnswer(apis, supported);
        this.cluster = cluster;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.API_VERSIONS;
    }

    @Override
    public void handle(Exchange exchange) {
        ClusterView.Features now = cluster.get().features();
        exchange.reply(answer.to(exchange.request(), now.finalized(), now.epoch()));
    }
}
