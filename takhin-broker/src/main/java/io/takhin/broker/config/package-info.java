/**
 * Settings: one table, three layers (file, environment, flags), and the tree of records they
 * become.
 */
@NullMarked
package io.takhin.broker.config;

import org.jspecify.annotations.NullMarked;
