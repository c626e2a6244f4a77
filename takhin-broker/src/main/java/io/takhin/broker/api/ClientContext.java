package io.takhin.broker.api;

import io.takhin.network.Exchange;
import java.net.InetAddress;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.auth.SecurityProtocol;
import org.apache.kafka.server.authorizer.AuthorizableRequestContext;

/** Who sent a request, and how, in the form Kafka's coordinators ask for it. */
record ClientContext(Exchange exchange) implements AuthorizableRequestContext {
    private RequestHeader header() {
        return exchange.request().header();
    }

    @Override
    public String listenerName() {
        return exchange.client().listener();
    }

    /** Listeners speak plain text in this version. */
    @Override
    public SecurityProtocol securityProtocol() {
        return SecurityProtocol.PLAINTEXT;
    }

    @Override
    public KafkaPrincipal principal() {
        return exchange.client().principal();
    }

    @Override
    public InetAddress clientAddress() {
        return exchange.client().address().getAddress();
    }

    @Override
    public int requestType() {
        return header().apiKey().id;
    }

    @Override
    public int requestVersion() {
        return header().apiVersion();
    }

    @Override
    public String clientId() {
        return header().clientId();
    }

    @Override
    public int correlationId() {
        return header().correlationId();
    }
}
