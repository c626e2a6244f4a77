package io.takhin.protocol;

import java.util.Map;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersionCollection;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiVersionsRequest;
import org.apache.kafka.common.requests.ApiVersionsResponse;

/**
 * Builds the answers to ApiVersions (KIP-35, KIP-511, KIP-584).
 *
 * <p>Threads: immutable.
 */
public final class ApiVersionsAnswer {
    /** From this version on, clients can read a supported feature whose lowest level is 0. */
    private static final short LEVEL_ZERO_SINCE = 4;

    private final AnnouncedApis apis;
    private final Features<SupportedVersionRange> supported;

    public ApiVersionsAnswer(AnnouncedApis apis, Features<SupportedVersionRange> supported) {
        this.apis = apis;
        this.supported = supported;
    }

    /**
     * Answers one ApiVersions request.
     *
     * @param finalized the feature levels of the cluster; a level of 0 means off and is left out
     * @param epoch the metadata offset at which {@code finalized} was true; -1 when not known yet
     */
    public ApiMessage to(Request request, Map<String, Short> finalized, long epoch) {
        ApiVersionsRequestData data = (ApiVersionsRequestData) request.body();
        if (!new ApiVersionsRequest(data, request.version()).isValid()) {
            return new ApiVersionsResponseData().setErrorCode(Errors.INVALID_REQUEST.code());
        }
        return new ApiVersionsResponse.Builder()
                .setApiVersions(announced())
                .setSupportedFeatures(supported)
                .setFinalizedFeatures(finalized)
                .setFinalizedFeaturesEpoch(epoch)
                // KAFKA-17011: older clients fail on a lowest level of 0.
                .setAlterFeatureLevel0(request.version() < LEVEL_ZERO_SINCE)
                .build()
                .data();
    }

    /** To a request in a version from the future: version 0 of the answer (KIP-511). */
    static ApiVersionsResponseData versionUnknown(ApiRange apiVersions) {
        ApiVersionCollection keys = new ApiVersionCollection();
        keys.add(apiVersion(apiVersions));
        return new ApiVersionsResponseData()
                .setErrorCode(Errors.UNSUPPORTED_VERSION.code())
                .setApiKeys(keys);
    }

    private ApiVersionCollection announced() {
        ApiVersionCollection keys = new ApiVersionCollection();
        apis.ranges().forEach(range -> keys.add(apiVersion(range)));
        return keys;
    }

    private static ApiVersion apiVersion(ApiRange range) {
        // KAFKA-18659: librdkafka turns compression off unless Produce is listed from 0.
        short oldest =
                range.key() == ApiKeys.PRODUCE
                        ? ApiKeys.PRODUCE_API_VERSIONS_RESPONSE_MIN_VERSION
                        : range.oldest();
        return new ApiVersion()
                .setApiKey(range.key().id)
                .setMinVersion(oldest)
                .setMaxVersion(range.latest());
    }
}
