package io.takhin.broker.api;

import java.util.List;
import org.apache.kafka.common.acl.AclOperation;

/**
 * What a client may do with a resource, as the bits of KIP-430: bit n stands for the operation with
 * code n. Without an authorizer everybody may do everything there is.
 */
final class AuthorizedOperations {
    /** Says that nobody asked. */
    static final int NOT_ASKED = Integer.MIN_VALUE;

    static final int CLUSTER =
            bits(
                    List.of(
                            AclOperation.CREATE,
                            AclOperation.ALTER,
                            AclOperation.DESCRIBE,
                            AclOperation.CLUSTER_ACTION,
                            AclOperation.DESCRIBE_CONFIGS,
                            AclOperation.ALTER_CONFIGS,
                            AclOperation.IDEMPOTENT_WRITE));

    static final int TOPIC =
            bits(
                    List.of(
                            AclOperation.READ,
                            AclOperation.WRITE,
                            AclOperation.CREATE,
                            AclOperation.DELETE,
                            AclOperation.ALTER,
                            AclOperation.DESCRIBE,
                            AclOperation.DESCRIBE_CONFIGS,
                            AclOperation.ALTER_CONFIGS));

    private AuthorizedOperations() {}

    private static int bits(List<AclOperation> operations) {
        return operations.stream().mapToInt(it -> 1 << it.code()).reduce(0, (a, b) -> a | b);
    }
}
