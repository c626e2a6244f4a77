/** Partitions: leadership, in-sync replicas, high watermark. */
@NullMarked
package io.takhin.replication;

import org.jspecify.annotations.NullMarked;
