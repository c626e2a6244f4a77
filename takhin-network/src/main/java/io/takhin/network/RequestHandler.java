package io.takhin.network;

/** What a listener does with the requests of its connections. */
public interface RequestHandler {
    /**
     * Starts one request. Called on the connection's event loop, in the order of arrival; must not
     * block. The answer may be given later, from any thread, through the exchange.
     */
    void handle(Exchange exchange);
}
