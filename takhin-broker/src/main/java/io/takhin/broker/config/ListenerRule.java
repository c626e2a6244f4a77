package io.takhin.broker.config;

import java.util.List;
import java.util.Locale;

/**
 * Which addresses clients are listened for at. {@code server.host} and {@code server.port} name
 * one, {@code kafka.listeners} a list in its place; where both are given, the higher layer wins,
 * and within one layer the list. So a port in the environment always moves the listener.
 */
final class ListenerRule {
    private final SettingValues values;

    ListenerRule(SettingValues values) {
        this.values = values;
    }

    List<HostAndPort> listeners() {
        List<String> list = values.texts(Setting.KAFKA_LISTENERS);
        if (list.isEmpty() || layer(Setting.KAFKA_LISTENERS) < serverLayer()) {
            return List.of(
                    new HostAndPort(
                            values.text(Setting.SERVER_HOST), values.number(Setting.SERVER_PORT)));
        }
        return list.stream().map(ListenerRule::parse).toList();
    }

    private int serverLayer() {
        return Math.max(layer(Setting.SERVER_HOST), layer(Setting.SERVER_PORT));
    }

    private int layer(Setting setting) {
        return values.origin(setting).layer();
    }

    private static HostAndPort parse(String text) {
        int scheme = text.indexOf("://");
        if (scheme < 0) {
            throw new InvalidSettingException(
                    Setting.KAFKA_LISTENERS, "must be tcp://host:port, not '" + text + "'");
        }
        return switch (text.substring(0, scheme).toLowerCase(Locale.ROOT)) {
            case "tcp", "plaintext" ->
                    ConfigTree.address(Setting.KAFKA_LISTENERS, text.substring(scheme + 3));
            default ->
                    throw new InvalidSettingException(
                            Setting.KAFKA_LISTENERS,
                            "can only have tcp:// addresses in this version, not '" + text + "'");
        };
    }
}
