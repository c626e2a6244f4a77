/** Starts what the tests talk to, and runs the clients that talk to it. */
@NullMarked
package io.takhin.tests.harness;

import org.jspecify.annotations.NullMarked;
