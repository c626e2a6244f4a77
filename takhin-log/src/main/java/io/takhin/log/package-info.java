/** One partition on disk, in Kafka's file formats. */
@NullMarked
package io.takhin.log;

import org.jspecify.annotations.NullMarked;
