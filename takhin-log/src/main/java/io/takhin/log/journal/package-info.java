/**
 * The journal's file: how its two halves, their headers and entries are written, and what can be
 * believed of them after a crash. When it is written and what catches up with it is the group
 * commit's affair, and not known here; nor are logs and segments, of which an entry has the names.
 * Uses only the files below it. One thread reads; who writes where is for the callers to agree on.
 * Public for the log alone.
 */
@NullMarked
package io.takhin.log.journal;

import org.jspecify.annotations.NullMarked;
