package io.takhin.broker.topicconfig;

/** Where a value comes from, with the number DescribeConfigs has for it (KIP-226). */
public enum Source {
    TOPIC(1),
    /** Set for one broker while it ran. */
    BROKER(2),
    /** Set for all brokers while they ran. */
    CLUSTER(3),
    /** The configuration file, the environment or a flag. */
    FILE(4),
    DEFAULT(5),
    LOGGER(6),
    GROUP(8);

    private final byte id;

    Source(int id) {
        this.id = (byte) id;
    }

    public byte id() {
        return id;
    }
}
