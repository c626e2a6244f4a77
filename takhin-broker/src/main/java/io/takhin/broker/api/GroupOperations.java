package io.takhin.broker.api;

import java.util.stream.Stream;
import org.apache.kafka.common.acl.AclOperation;

/** What a client may do with a group, as describing answers tell it (KIP-430). */
final class GroupOperations {
    /** Nobody is refused anything in this version: one bit for each operation a group knows. */
    static final int ALL =
            Stream.of(
                            AclOperation.READ,
                            AclOperation.DELETE,
                            AclOperation.DESCRIBE,
                            AclOperation.DESCRIBE_CONFIGS,
                            AclOperation.ALTER_CONFIGS)
                    .mapToInt(operation -> 1 << operation.code())
                    .sum();

    private GroupOperations() {}
}
