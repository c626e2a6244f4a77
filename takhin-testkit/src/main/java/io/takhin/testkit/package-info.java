/** Fakes and generators shared by the tests of all modules. */
@NullMarked
package io.takhin.testkit;

import org.jspecify.annotations.NullMarked;
