package io.takhin.log.index;

/** Where in its segment's file an offset is found: a batch begins at the position. */
public record OffsetPosition(long offset, int position) {}
