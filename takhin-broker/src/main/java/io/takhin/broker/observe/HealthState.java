package io.takhin.broker.observe;

/** How this broker is, as load balancers and orchestrators want to know it. */
public sealed interface HealthState {
    /** On its way to serving clients, or on its way out. */
    record NotReady(String why) implements HealthState {}

    /** Clients are served. */
    record Ready() implements HealthState {}

    /** Clients are served, but nothing is produced: the disk is nearly full. */
    record ReadOnly(String why) implements HealthState {}

    /** Something broke that does not mend itself. */
    record Failing(String why) implements HealthState {}
}
