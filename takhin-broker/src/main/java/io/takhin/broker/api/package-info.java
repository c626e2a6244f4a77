/** One handler per API key: what this broker answers, and nothing else. */
@NullMarked
package io.takhin.broker.api;

import org.jspecify.annotations.NullMarked;
