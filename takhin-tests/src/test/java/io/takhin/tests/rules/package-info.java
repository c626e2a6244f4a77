/** The house rules, checked over the sources and classes of all modules. */
@NullMarked
package io.takhin.tests.rules;

import org.jspecify.annotations.NullMarked;
