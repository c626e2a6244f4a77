package io.takhin.broker.config;

/** What else the table says about a setting, beside its type, default and text. */
sealed interface Trait {
    static Trait kafka(String property) {
        return new KafkaName(property);
    }

    static Trait later(String feature) {
        return new Later(feature);
    }

    static Trait atRunTime() {
        return new AtRunTime();
    }

    /** The setting is Kafka's property of this name; the admin tools know it by that. */
    record KafkaName(String property) implements Trait {}

    /** The feature does not exist in this version: only the default is accepted. */
    record Later(String feature) implements Trait {}

    /** May be changed without a restart. */
    record AtRunTime() implements Trait {}
}
