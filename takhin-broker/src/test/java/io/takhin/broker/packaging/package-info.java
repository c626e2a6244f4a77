/** Part of the build, not of the product: what makes the package. */
@NullMarked
package io.takhin.broker.packaging;

import org.jspecify.annotations.NullMarked;
