package io.takhin.metadata;

import io.takhin.metadata.MetadataSettings.BrokerEndpoint;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.BrokerRegistrationRequestData;
import org.apache.kafka.common.message.BrokerRegistrationRequestData.Feature;
import org.apache.kafka.common.message.BrokerRegistrationRequestData.FeatureCollection;
import org.apache.kafka.common.message.BrokerRegistrationRequestData.Listener;
import org.apache.kafka.common.message.BrokerRegistrationRequestData.ListenerCollection;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.metadata.VersionRange;

/**
 * What this process tells the controller of itself.
 *
 * @param incarnation drawn anew at each start: it tells two runs of one broker apart
 * @param previousEpoch the epoch under which the broker last stopped cleanly, -1 when it did not:
 *     only then may its replicas count as complete (KIP-966)
 */
record Registration(
        int nodeId,
        String clusterId,
        Uuid incarnation,
        Uuid directoryId,
        BrokerEndpoint endpoint,
        long previousEpoch) {

    /**
     * @param lastEpoch of this same process, when the controller has forgotten it; -1 at the start
     */
    BrokerRegistrationRequestData request(long lastEpoch) {
        return new BrokerRegistrationRequestData()
                .setBrokerId(nodeId)
                .setClusterId(clusterId)
                .setIncarnationId(incarnation)
                .setListeners(listeners())
                .setFeatures(features())
                .setRack(endpoint.rack())
                .setLogDirs(List.of(directoryId))
                .setPreviousBrokerEpoch(lastEpoch >= 0 ? lastEpoch : previousEpoch);
    }

    private ListenerCollection listeners() {
        ListenerCollection listeners = new ListenerCollection();
        listeners.add(
                new Listener()
                        .setName(endpoint.listener())
                        .setHost(endpoint.host())
                        .setPort(endpoint.port())
                        .setSecurityProtocol(SecurityProtocol.PLAINTEXT.id));
        return listeners;
    }

    private static FeatureCollection features() {
        FeatureCollection features = new FeatureCollection();
        for (Map.Entry<String, VersionRange> feature :
                ControllerNode.supportedFeatures().entrySet()) {
            features.add(
                    new Feature()
                            .setName(feature.getKey())
                            .setMinSupportedVersion(feature.getValue().min())
                            .setMaxSupportedVersion(feature.getValue().max()));
        }
        return features;
    }
}
