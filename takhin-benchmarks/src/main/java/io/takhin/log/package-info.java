/** Benchmarks of the log; here, because how a round is flushed is no setting of the product. */
@NullMarked
package io.takhin.log;

import org.jspecify.annotations.NullMarked;
