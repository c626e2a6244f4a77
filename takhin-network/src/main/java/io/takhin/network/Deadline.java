package io.takhin.network;

/** A task that an event loop will run at a set time. */
public interface Deadline {
    /** Forgets the task. Harmless when it has run. Only on the event loop it belongs to. */
    void cancel();
}
