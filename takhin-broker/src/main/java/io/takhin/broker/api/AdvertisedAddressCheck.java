package io.takhin.broker.api;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Whether the address that clients are told can work for the one that asks. A client that connects
 * once and then hangs, because it was sent to {@code localhost} of its own machine, is the first
 * thing that goes wrong with most new clusters; one line in the log saves that afternoon.
 *
 * <p>The name is resolved when the object is made, which may take long; asking costs nothing.
 */
public final class AdvertisedAddressCheck {
    private final String host;
    private final List<InetAddress> addresses;

    private AdvertisedAddressCheck(String host, List<InetAddress> addresses) {
        this.host = host;
        this.addresses = addresses;
    }

    /** Turns a name into addresses. */
    public interface Resolver {
        InetAddress[] resolve(String host) throws UnknownHostException;
    }

    /** Resolves now, on the caller's thread; do not call it on an event loop. */
    public static AdvertisedAddressCheck of(String host, Resolver resolver) {
        try {
            return new AdvertisedAddressCheck(host, Arrays.asList(resolver.resolve(host)));
        } catch (UnknownHostException e) {
            return new AdvertisedAddressCheck(host, List.of());
        }
    }

    /**
     * What is likely wrong, for the log; empty where nothing looks wrong.
     *
     * @param client where the request came from
     * @param reachedAt this broker's address on that connection
     */
    public Optional<String> warning(InetAddress client, InetAddress reachedAt) {
        if (client.isLoopbackAddress() || client.equals(reachedAt)) {
            return Optional.empty();
        }
        if (addresses.isEmpty()) {
            return Optional.of(advice(client, "cannot be resolved here"));
        }
        boolean onlyLocal = addresses.stream().allMatch(InetAddress::isLoopbackAddress);
        return onlyLocal
                ? Optional.of(advice(client, "is the client's own machine to it"))
                : Optional.empty();
    }

    private String advice(InetAddress client, String problem) {
        return "clients are told to connect to '"
                + host
                + "', which "
                + problem
                + "; "
                + client.getHostAddress()
                + " just asked and will probably not reach this broker: set kafka.advertised.host";
    }
}
