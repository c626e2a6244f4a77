package io.takhin.log;

/**
 * What a reader wants.
 *
 * @param bytesMax the last batch may be cut off there
 * @param atLeastOneBatch whether a first batch that is larger than {@code bytesMax} is wanted
 * @param endOffset batches that reach it are not
 * @param endIsAsked whether {@link LogRead.Found#endOffset} is looked up, not just bounded
 */
record Wish(
        long offset, int bytesMax, boolean atLeastOneBatch, long endOffset, boolean endIsAsked) {}
