/** Time, named threads, life cycle. */
@NullMarked
package io.takhin.base;

import org.jspecify.annotations.NullMarked;
