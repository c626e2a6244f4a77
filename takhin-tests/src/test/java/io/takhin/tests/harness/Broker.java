package io.takhin.tests.harness;

/** A running broker that tests talk to: Takhin, or an Apache Kafka broker in its place. */
public interface Broker {
    /** Where clients begin: {@code host:port}. */
    String bootstrap();

    /** The last lines it printed, for the report of a failed test. */
    String recentOutput();
}
