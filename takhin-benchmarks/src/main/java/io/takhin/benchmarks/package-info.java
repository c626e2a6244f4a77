/** Benchmarks of the packaged program, which they start as a process of its own. */
@NullMarked
package io.takhin.benchmarks;

import org.jspecify.annotations.NullMarked;
