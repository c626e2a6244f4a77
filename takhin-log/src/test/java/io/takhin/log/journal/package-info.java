@NullMarked
package io.takhin.log.journal;

import org.jspecify.annotations.NullMarked;
