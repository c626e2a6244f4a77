/** Sockets: listeners, connections, event loops and the client to other brokers. */
@NullMarked
package io.takhin.network;

import org.jspecify.annotations.NullMarked;
