package io.takhin.broker.topicconfig;

import static org.apache.kafka.common.config.ConfigDef.Range.atLeast;
import static org.apache.kafka.common.config.ConfigDef.Type.BOOLEAN;
import static org.apache.kafka.common.config.ConfigDef.Type.INT;
import static org.apache.kafka.common.config.ConfigDef.Type.LIST;

import java.util.List;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigException;

/** What a topic asks of its replicas. */
final class ReplicaSettings {
    private static final Pattern REPLICA = Pattern.compile("(\\d+:\\d+)?");
    private static final String UNTHROTTLED = "no data moves between brokers yet";

    private ReplicaSettings() {}

    static List<ConfigSetting> all() {
        return List.of(
                ConfigSetting.of(
                                TopicSettings.MIN_IN_SYNC_REPLICAS,
                                INT,
                                "1",
                                "acks=all is refused while fewer replicas than this are in sync.")
                        .in(atLeast(1))
                        .from("min.insync.replicas"),
                ConfigSetting.of(
                                "unclean.leader.election.enable",
                                BOOLEAN,
                                "false",
                                "Whether a replica that may miss records can become leader when no"
                                        + " other is left.")
                        .from("unclean.leader.election.enable"),
                throttled("leader.replication.throttled.replicas", "leaders"),
                throttled("follower.replication.throttled.replicas", "followers"));
    }

    private static ConfigSetting throttled(String name, String side) {
        return ConfigSetting.of(
                        name,
                        LIST,
                        "",
                        "The replicas whose "
                                + side
                                + " keep to the replication rate limit: partition:broker pairs, or"
                                + " * for all.")
                .in(ReplicaSettings::replicas)
                .stored(UNTHROTTLED, "");
    }

    private static void replicas(String name, Object value) {
        if (!(value instanceof List<?> list)) {
            throw new ConfigException(name, value, name + " must be a list");
        }
        boolean wildcard = list.size() == 1 && "*".equals(list.getFirst());
        if (!wildcard && !list.stream().allMatch(ReplicaSettings::isReplica)) {
            throw new ConfigException(
                    name,
                    value,
                    name
                            + " must be the literal '*' or a list of replicas in the following"
                            + " format: [partitionId]:[brokerId],[partitionId]:[brokerId],...");
        }
    }

    private static boolean isReplica(Object item) {
        return REPLICA.matcher(item.toString().strip()).matches();
    }
}
