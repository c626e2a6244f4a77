package io.takhin.broker.config;

/**
 * A setting has a value that cannot be used beside the others. Thrown while the records are built;
 * the loader adds where the value came from.
 */
final class InvalidSettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final Setting setting;
    private final String reason;

    /** The reason finishes the sentence "the setting …". */
    InvalidSettingException(Setting setting, String reason) {
        super(reason);
        this.setting = setting;
        this.reason = reason;
    }

    Setting setting() {
        return setting;
    }

    String reason() {
        return reason;
    }
}
