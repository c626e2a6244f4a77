/** What operators see: metrics and health. */
@NullMarked
package io.takhin.broker.observe;

import org.jspecify.annotations.NullMarked;
