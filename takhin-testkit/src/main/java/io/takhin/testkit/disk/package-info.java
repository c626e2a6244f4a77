/** A disk in memory that loses what was not synced, and fails when a test says so. */
@NullMarked
package io.takhin.testkit.disk;

import org.jspecify.annotations.NullMarked;
