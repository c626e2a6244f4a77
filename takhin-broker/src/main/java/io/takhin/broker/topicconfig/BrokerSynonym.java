package io.takhin.broker.topicconfig;

/**
 * A broker property whose value a topic inherits.
 *
 * @param name as Apache Kafka calls it
 */
public record BrokerSynonym(String name, Unit unit) {
    /** The unit of the broker's property, where the topic's setting counts in milliseconds. */
    public enum Unit {
        SAME(1),
        MINUTES(60_000),
        HOURS(3_600_000);

        private final long millis;

        Unit(long millis) {
            this.millis = millis;
        }
    }

    /**
     * The broker's value in the topic's unit. Negative numbers mean "without limit" and stay so.
     */
    public String convert(String value) {
        if (unit == Unit.SAME) {
            return value;
        }
        long amount = Long.parseLong(value.strip());
        return Long.toString(amount < 0 ? -1 : Math.multiplyExact(amount, unit.millis));
    }
}
