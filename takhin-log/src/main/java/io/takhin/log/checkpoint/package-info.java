/**
 * Kafka's small files that are written anew as a whole: an offset for each partition of a data
 * directory, the mark of a clean stop, a partition's topic id. Uses the files below it and nothing
 * else of the log. One thread writes a file at a time, unless a class says otherwise; whoever reads
 * sees the old content or the new one. Public for the log alone.
 */
@NullMarked
package io.takhin.log.checkpoint;

import org.jspecify.annotations.NullMarked;
