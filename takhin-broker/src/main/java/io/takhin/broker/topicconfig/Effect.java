package io.takhin.broker.topicconfig;

import java.util.Set;

/** What this version does with a setting (ADR 55). */
public sealed interface Effect {
    /** It does what its text says. */
    record Works() implements Effect {}

    /**
     * It is kept and shown, and changes nothing yet. Only settings may be here whose absence
     * neither loses a record nor returns a wrong one.
     *
     * @param instead what the broker does meanwhile, for the log and the documentation
     * @param alreadyTrue values that ask for just that, so that nobody needs a warning
     */
    record Stored(String instead, Set<String> alreadyTrue) implements Effect {}

    /**
     * One value is turned away, because somebody would rely on it in vain.
     *
     * @param why ends the sentence "x=value is refused: "
     */
    record Refused(String value, String why) implements Effect {}

    /**
     * No value is taken, because what it belongs to is not there.
     *
     * @param why as above
     */
    record Absent(String why) implements Effect {}
}
