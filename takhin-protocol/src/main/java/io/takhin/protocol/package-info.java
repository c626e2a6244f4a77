/** The Kafka wire format: frames, requests, replies, record batches. No I/O. */
@NullMarked
package io.takhin.protocol;

import org.jspecify.annotations.NullMarked;
