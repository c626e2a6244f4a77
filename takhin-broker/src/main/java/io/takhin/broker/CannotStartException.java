package io.takhin.broker;

/** The program cannot start; the message is the one line its user reads. */
final class CannotStartException extends Exception {
    private static final long serialVersionUID = 1;

    CannotStartException(String message) {
        super(message);
    }
}
