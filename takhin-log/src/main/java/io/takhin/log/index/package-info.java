/**
 * Where offsets and times are in a segment: Kafka's {@code .index} and {@code .timeindex}. They
 * know the files they lie in and no batches: who builds or checks them against batches is the log.
 * The owner of the log's lock appends and cuts, anybody may look up; {@link IndexFile} says how.
 * Public for the log alone.
 */
@NullMarked
package io.takhin.log.index;

import org.jspecify.annotations.NullMarked;
