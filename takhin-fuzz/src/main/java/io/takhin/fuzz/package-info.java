/** Random and hostile input. Each target is a main with --seed and --seconds or --runs. */
@NullMarked
package io.takhin.fuzz;

import org.jspecify.annotations.NullMarked;
