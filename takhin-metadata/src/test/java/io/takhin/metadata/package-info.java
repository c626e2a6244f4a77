@NullMarked
package io.takhin.metadata;

import org.jspecify.annotations.NullMarked;
