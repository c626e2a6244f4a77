/** The broker: configuration, wiring, one handler per API key. */
@NullMarked
package io.takhin.broker;

import org.jspecify.annotations.NullMarked;
