package io.takhin.log;

/** Where in its segment's file an offset is found: a batch begins at the position. */
record OffsetPosition(long offset, int position) {}
