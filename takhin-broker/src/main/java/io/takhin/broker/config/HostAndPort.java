package io.takhin.broker.config;

/**
 * An address as settings write it: {@code host:port}, IPv6 in brackets. Not resolved.
 *
 * @param host without brackets
 */
public record HostAndPort(String host, int port) {
    /** Throws {@link IllegalArgumentException} with the end of a sentence about the setting. */
    static HostAndPort parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (host.isEmpty() || (!bracketed && host.indexOf(':') >= 0)) {
            throw malformed(text);
        }
        return new HostAndPort(
                bracketed ? host.substring(1, host.length() - 1) : host,
                parsePort(text, text.substring(colon + 1)));
    }

    private static int parsePort(String text, String port) {
        try {
            int number = Integer.parseInt(port);
            if (number >= 0 && number <= 65535) {
                return number;
            }
        } catch (NumberFormatException e) {
            // The message below serves both: it says what is allowed and what was given.
        }
        throw malformed(text);
    }

    private static IllegalArgumentException malformed(String text) {
        return new IllegalArgumentException("must be host:port, not '" + text + "'");
    }

    /** Whether it stands for every address of the machine, and so cannot be connected to. */
    public boolean isAnyAddress() {
        return isAnyAddress(host);
    }

    static boolean isAnyAddress(String host) {
        return host.equals("0.0.0.0") || host.equals("::") || host.equals("0:0:0:0:0:0:0:0");
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
