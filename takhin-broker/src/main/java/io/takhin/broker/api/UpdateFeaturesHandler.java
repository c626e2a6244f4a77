package io.takhin.broker.api;

import io.takhin.network.Exchange;
import org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData.FeatureUpdateKey;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** UpdateFeatures (KIP-584, KIP-778, KIP-1022). */
public final class UpdateFeaturesHandler implements ApiHandler {
    private final Controller controller;

    public UpdateFeaturesHandler(Controller controller) {
        this.controller = controller;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.UPDATE_FEATURES;
    }

    @Override
    public void handle(Exchange exchange) {
        UpdateFeaturesRequestData request = (UpdateFeaturesRequestData) exchange.request().body();
        Controller.Session session =
                controller.session(Controller.callerOf(exchange), request.timeoutMs());
        UpdateFeaturesRequestData question =
                exchange.request().version() == 0 ? inTodaysWords(request) : request;
        Answers.give(
                exchange,
                session.ask(question, UpdateFeaturesResponseData.class),
                problem ->
                        new UpdateFeaturesResponseData()
                                .setErrorCode(problem.code())
                                .setErrorMessage(problem.message()));
    }

    /** Version 0 could only allow a downgrade; since then there are safe and unsafe ones. */
    private static UpdateFeaturesRequestData inTodaysWords(UpdateFeaturesRequestData request) {
        UpdateFeaturesRequestData same = request.duplicate();
        for (FeatureUpdateKey update : same.featureUpdates()) {
            UpgradeType type =
                    update.allowDowngrade() ? UpgradeType.SAFE_DOWNGRADE : UpgradeType.UPGRADE;
            update.setUpgradeType(type.code()).setAllowDowngrade(false);
        }
        return same;
    }
}
