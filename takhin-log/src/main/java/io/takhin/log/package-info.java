/**
 * One partition on disk, in Kafka's file formats, and the group commit of a data directory. What is
 * public here is what other modules see. It stands on packages of its own, which only it uses:
 * files, and above them indexes, checkpoints and the journal's format.
 */
@NullMarked
package io.takhin.log;

import org.jspecify.annotations.NullMarked;
