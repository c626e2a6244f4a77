/** Consumer groups: Kafka's group coordinator on Takhin's log. */
@NullMarked
package io.takhin.coordinator;

import org.jspecify.annotations.NullMarked;
