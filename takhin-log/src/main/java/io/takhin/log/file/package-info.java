/**
 * Files of a data directory, whatever is in them: their names, their descriptors, what has reached
 * the disk, and which errors say that something ran out. The lowest layer of the log: it knows
 * records only as bytes, and uses no other package of it. What is public here is public for the log
 * alone; no other module uses it. Files and {@link OpenFiles} may be used by any thread; what may
 * not says so.
 */
@NullMarked
package io.takhin.log.file;

import org.jspecify.annotations.NullMarked;
