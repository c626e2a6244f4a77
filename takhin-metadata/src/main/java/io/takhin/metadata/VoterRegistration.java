package io.takhin.metadata;

import java.time.Duration;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ControllerRegistrationRequestData;
import org.apache.kafka.common.message.ControllerRegistrationResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.metadata.VersionRange;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the active controller what this voter can do (KIP-919). Feature levels cannot be raised
 * before every voter has said so.
 */
final class VoterRegistration {
    private static final Logger log = LoggerFactory.getLogger(VoterRegistration.class);
    private static final Duration RETRY_DELAY = Duration.ofSeconds(1);
    private static final int TIMEOUT_MILLIS = 5000;
    private static final short VERSION = 0;

    private final MetadataSettings settings;
    private final Quorum quorum;
    private final MetadataTimer timer;
    private final Uuid incarnation = Uuid.randomUuid();

    VoterRegistration(MetadataSettings settings, Quorum quorum, MetadataTimer timer) {
        this.settings = settings;
        this.quorum = quorum;
        this.timer = timer;
    }

    void start() {
        Quorum.Caller self =
                new Quorum.Caller(KafkaPrincipal.ANONYMOUS, "voter-" + settings.nodeId(), "");
        var _ = quorum.ask(request(), VERSION, self, TIMEOUT_MILLIS).whenComplete(this::settle);
    }

    private void settle(@Nullable ApiMessage answer, @Nullable Throwable error) {
        boolean registered =
                answer instanceof ControllerRegistrationResponseData it
                        && it.errorCode() == Errors.NONE.code();
        if (!registered) {
            log.debug("not registered as a voter yet answer={}", answer, error);
            timer.after(RETRY_DELAY, this::start);
        }
    }

    private ControllerRegistrationRequestData request() {
        ControllerRegistrationRequestData request =
                new ControllerRegistrationRequestData()
                        .setControllerId(settings.nodeId())
                        .setIncarnationId(incarnation)
                        .setZkMigrationReady(false);
        MetadataSettings.Voter self = settings.self();
        request.listeners()
                .add(
                        new ControllerRegistrationRequestData.Listener()
                                .setName(RaftNode.LISTENER.value())
                                .setHost(self.host())
                                .setPort(self.port())
                                .setSecurityProtocol(SecurityProtocol.PLAINTEXT.id));
        for (Map.Entry<String, VersionRange> feature :
                ControllerNode.supportedFeatures().entrySet()) {
            request.features()
                    .add(
                            new ControllerRegistrationRequestData.Feature()
                                    .setName(feature.getKey())
                                    .setMinSupportedVersion(feature.getValue().min())
                                    .setMaxSupportedVersion(feature.getValue().max()));
        }
        return request;
    }
}
