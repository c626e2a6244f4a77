/** The program: where everything is put together. */
@NullMarked
package io.takhin.broker;

import org.jspecify.annotations.NullMarked;
