package io.takhin.broker.config;

import io.takhin.broker.config.BrokerConfig.Node;
import io.takhin.broker.config.BrokerConfig.RaftVoter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Which broker each entry of {@code raft.peers} is: {@code id@host:port} says so itself, a plain
 * {@code host:port} is the n-th broker when it is the n-th entry.
 */
final class RaftPeers {
    private final Node node;
    private final List<RaftVoter> voters;

    RaftPeers(Node node, List<String> entries) {
        this.node = node;
        if (entries.isEmpty() && !node.isAlone()) {
            throw new InvalidSettingException(
                    Setting.RAFT_PEERS,
                    Setting.KAFKA_CLUSTER_BROKERS,
                    "must name the members of the quorum, as the cluster has more brokers");
        }
        if (entries.size() > node.brokers().size()) {
            throw invalid("has more entries than kafka.cluster.brokers " + node.brokers());
        }
        this.voters = parse(entries);
        checkNoneTwice();
    }

    List<RaftVoter> voters() {
        return voters;
    }

    Optional<HostAndPort> ownAddress() {
        return voters.stream()
                .filter(voter -> voter.id() == node.id())
                .map(RaftVoter::address)
                .findFirst();
    }

    /** An own address at another broker's place means that ids and addresses are mixed up. */
    void checkOwnAddress(HostAndPort own) {
        for (RaftVoter voter : voters) {
            if (voter.address().equals(own) && voter.id() != node.id()) {
                throw new InvalidSettingException(
                        Setting.RAFT_ADVERTISE_ADDR,
                        "is the address of broker " + voter.id() + " in raft.peers");
            }
        }
    }

    private List<RaftVoter> parse(List<String> entries) {
        List<RaftVoter> parsed = new ArrayList<>();
        for (int index = 0; index < entries.size(); index++) {
            parsed.add(parse(entries.get(index), node.brokers().get(index)));
        }
        return List.copyOf(parsed);
    }

    private RaftVoter parse(String entry, int idByPlace) {
        int at = entry.indexOf('@');
        String address = entry.substring(at + 1);
        int id = at < 0 ? idByPlace : parseId(entry.substring(0, at), entry);
        if (!node.brokers().contains(id)) {
            throw invalid("names broker " + id + ", which is not in kafka.cluster.brokers");
        }
        return new RaftVoter(id, ConfigTree.address(Setting.RAFT_PEERS, address));
    }

    private static int parseId(String id, String entry) {
        try {
            return Integer.parseInt(id);
        } catch (NumberFormatException e) {
            throw invalid("must be host:port or id@host:port, not '" + entry + "'");
        }
    }

    private void checkNoneTwice() {
        Set<Object> seen = new HashSet<>();
        for (RaftVoter voter : voters) {
            if (!seen.add(voter.id()) || !seen.add(voter.address())) {
                throw invalid("names one member twice: " + voter.id() + "@" + voter.address());
            }
        }
    }

    private static InvalidSettingException invalid(String reason) {
        return new InvalidSettingException(Setting.RAFT_PEERS, reason);
    }
}
