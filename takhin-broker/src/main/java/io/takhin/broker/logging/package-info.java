/** Log output: one JSON object or one line of text an event, on stdout and in a rotated file. */
@NullMarked
package io.takhin.broker.logging;

import org.jspecify.annotations.NullMarked;
