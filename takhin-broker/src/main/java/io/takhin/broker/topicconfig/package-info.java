/** What can be set for a topic or a group, what it inherits, and what the log makes of it. */
@NullMarked
package io.takhin.broker.topicconfig;

import org.jspecify.annotations.NullMarked;
