package io.takhin.broker.api;

import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;

/** What a client may do, as the bit field of KIP-430: bit n is the operation of code n. */
final class AuthorizedOperations {
    /** Not asked for. */
    static final int UNKNOWN = Integer.MIN_VALUE;

    /** Everything: no authorizer runs in this version. */
    static final int TOPIC =
            bits(
                    Set.of(
                            AclOperation.READ,
                            AclOperation.WRITE,
                            AclOperation.CREATE,
                            AclOperation.DELETE,
                            AclOperation.ALTER,
                            AclOperation.DESCRIBE,
                            AclOperation.DESCRIBE_CONFIGS,
                            AclOperation.ALTER_CONFIGS));

    static final int CLUSTER =
            bits(
                    Set.of(
                            AclOperation.CREATE,
                            AclOperation.ALTER,
                            AclOperation.DESCRIBE,
                            AclOperation.CLUSTER_ACTION,
                            AclOperation.DESCRIBE_CONFIGS,
                            AclOperation.ALTER_CONFIGS,
                            AclOperation.IDEMPOTENT_WRITE));

    private AuthorizedOperations() {}

    private static int bits(Set<AclOperation> operations) {
        return operations.stream()
                .mapToInt(operation -> 1 << operation.code())
                .reduce(0, (a, b) -> a | b);
    }
}
