package io.takhin.metadata;

import java.util.HashSet;
import java.util.Set;
import org.apache.kafka.image.MetadataDelta;
import org.apache.kafka.image.MetadataImage;
import org.apache.kafka.image.loader.LoaderManifest;
import org.apache.kafka.image.publisher.MetadataPublisher;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rules about users that an Apache Kafka cluster left in the metadata. They are kept, and this
 * version does not apply them; somebody who relies on them has to be told.
 *
 * <p>Threads: the metadata loader's only.
 */
final class UnheededRules implements MetadataPublisher {
    private static final Logger log = LoggerFactory.getLogger(UnheededRules.class);

    private final Set<String> told = new HashSet<>();

    @Override
    public String name() {
        return "UnheededRules";
    }

    @Override
    public void onMetadataUpdate(
            MetadataDelta delta, MetadataImage image, LoaderManifest manifest) {
        tell(!image.acls().isEmpty(), "ACLs", "every client may read and change everything");
        tell(!image.scram().isEmpty(), "SCRAM users", "no client is asked for a password");
        tell(!image.delegationTokens().isEmpty(), "delegation tokens", "none is accepted");
        tell(!image.clientQuotas().isEmpty(), "client quotas", "no client is slowed down");
    }

    @Override
    public void close() {}

    private void tell(boolean there, String rules, String consequence) {
        if (there && told.add(rules)) {
            log.warn(
                    "the cluster has {}, which are kept and not applied by this version: {}",
                    rules,
                    consequence);
        }
    }
}
