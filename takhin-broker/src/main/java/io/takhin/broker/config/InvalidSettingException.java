package io.takhin.broker.config;

/**
 * A setting has a value that cannot be used beside the others. Thrown while the records are built;
 * the loader adds where the value came from.
 */
final class InvalidSettingException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private final Setting setting;
    private final Setting cause;
    private final String reason;

    /** The reason finishes the sentence "the setting …". */
    InvalidSettingException(Setting setting, String reason) {
        this(setting, setting, reason);
    }

    /**
     * @param cause the setting that asks for this one, where nobody may have given this one
     */
    InvalidSettingException(Setting setting, Setting cause, String reason) {
        super(reason);
        this.setting = setting;
        this.cause = cause;
        this.reason = reason;
    }

    Setting setting() {
        return setting;
    }

    /** The setting whose place in the file tells where the mistake is. */
    Setting askedForBy() {
        return cause;
    }

    String reason() {
        return reason;
    }
}
