/** The metadata quorum and the cluster's metadata: the wall around KRaft. */
@NullMarked
package io.takhin.metadata;

import org.jspecify.annotations.NullMarked;
