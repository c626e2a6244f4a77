package io.takhin.broker.api;

import io.takhin.network.Client;
import java.net.InetAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says once for each client machine that it will probably not reach this broker where it is told
 * to.
 *
 * <p>Threads: any.
 */
public final class AdvertisedAddressWarning {
    private static final Logger log = LoggerFactory.getLogger(AdvertisedAddressWarning.class);

    /** Beyond so many machines the point has been made. */
    private static final int MACHINES_MAX = 100;

    private final AdvertisedAddressCheck check;
    private final Set<InetAddress> warned = ConcurrentHashMap.newKeySet();

    public AdvertisedAddressWarning(AdvertisedAddressCheck check) {
        this.check = check;
    }

    void check(Client client) {
        InetAddress machine = client.address().getAddress();
        check.warning(machine, client.localAddress().getAddress())
                .filter(warning -> warned.size() < MACHINES_MAX && warned.add(machine))
                .ifPresent(log::warn);
    }
}
