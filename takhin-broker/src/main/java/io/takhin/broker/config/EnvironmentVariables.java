package io.takhin.broker.config;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The settings among the environment variables: all that begin with {@code TAKHIN_}, but for the
 * launcher's own and those that Kubernetes adds to every container when a service is called takhin.
 */
final class EnvironmentVariables {
    private static final String PREFIX = "TAKHIN_";

    private static final Pattern OF_THE_LAUNCHER =
            Pattern.compile("TAKHIN_(HOME|JAVA_HOME|JAVA_OPTS|BENCH_.*)");

    private static final Pattern OF_KUBERNETES =
            Pattern.compile(
                    "TAKHIN_(.+_)?(SERVICE_HOST|SERVICE_PORT(_.+)?"
                            + "|PORT_\\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)");

    private static final Pattern SERVICE_URL = Pattern.compile("(tcp|udp|sctp)://[^,]*");

    private EnvironmentVariables() {}

    static List<Given> read(Map<String, String> environment) {
        return new TreeMap<>(environment)
                .entrySet().stream()
                        .filter(entry -> isSetting(entry.getKey(), entry.getValue()))
                        .map(entry -> given(entry.getKey(), entry.getValue()))
                        .toList();
    }

    private static boolean isSetting(String name, String value) {
        boolean serviceUrl = name.endsWith("_PORT") && SERVICE_URL.matcher(value).matches();
        return name.startsWith(PREFIX)
                && !serviceUrl
                && !OF_THE_LAUNCHER.matcher(name).matches()
                && !OF_KUBERNETES.matcher(name).matches();
    }

    private static Given given(String name, String value) {
        String key = name.substring(PREFIX.length()).toLowerCase(Locale.ROOT);
        return Given.scalar(key.replace('_', '.'), value, new Origin.Environment(name));
    }
}
