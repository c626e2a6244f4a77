package io.takhin.metadata;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.EnvelopeRequestData;
import org.apache.kafka.common.message.EnvelopeResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.RequestHeader;
import org.apache.kafka.common.requests.RequestUtils;
import org.apache.kafka.common.security.auth.KafkaPrincipal;
import org.apache.kafka.common.security.authenticator.DefaultKafkaPrincipalBuilder;

/**
 * A client's request on its way from the broker that took it to the active controller, with who the
 * client is (KIP-590).
 */
final class Envelopes {
    private static final DefaultKafkaPrincipalBuilder PRINCIPALS =
            new DefaultKafkaPrincipalBuilder(null, null);

    private Envelopes() {}

    static EnvelopeRequestData seal(QuorumAccess.Question question) {
        ApiKeys key = ApiKeys.forId(question.request().apiKey());
        RequestHeader header =
                new RequestHeader(key, question.version(), question.caller().clientId(), 0);
        return new EnvelopeRequestData()
                .setRequestData(
                        RequestUtils.serialize(
                                header.data(),
                                header.headerVersion(),
                                question.request(),
                                question.version()))
                .setRequestPrincipal(PRINCIPALS.serialize(question.caller().principal()))
                .setClientHostAddress(addressBytes(question.caller().clientAddress()));
    }

    /** Addresses are literal: nothing is looked up. */
    private static byte[] addressBytes(String address) {
        try {
            return InetAddress.ofLiteral(address.isEmpty() ? "127.0.0.1" : address).getAddress();
        } catch (IllegalArgumentException _) {
            return InetAddress.getLoopbackAddress().getAddress();
        }
    }

    static QuorumAccess.Question open(EnvelopeRequestData envelope, long deadlineNanos)
            throws UnknownHostException {
        ByteBuffer bytes = envelope.requestData().duplicate();
        RequestHeader header = RequestHeader.parse(bytes);
        ApiMessage request = header.apiKey().messageType.newRequest();
        request.read(new ByteBufferAccessor(bytes), header.apiVersion());
        KafkaPrincipal principal = PRINCIPALS.deserialize(envelope.requestPrincipal());
        String address = InetAddress.getByAddress(envelope.clientHostAddress()).getHostAddress();
        return new QuorumAccess.Question(
                request,
                header.apiVersion(),
                new Quorum.Caller(principal, header.clientId(), address),
                deadlineNanos);
    }

    static EnvelopeResponseData seal(ApiMessage answer, short version) {
        short headerVersion = ApiKeys.forId(answer.apiKey()).responseHeaderVersion(version);
        return new EnvelopeResponseData()
                .setResponseData(
                        RequestUtils.serialize(
                                new ResponseHeaderData(), headerVersion, answer, version))
                .setErrorCode(Errors.NONE.code());
    }

    static ApiMessage open(EnvelopeResponseData envelope, QuorumAccess.Question question) {
        ApiKeys key = ApiKeys.forId(question.request().apiKey());
        ByteBufferAccessor bytes = new ByteBufferAccessor(envelope.responseData().duplicate());
        new ResponseHeaderData().read(bytes, key.responseHeaderVersion(question.version()));
        ApiMessage answer = key.messageType.newResponse();
        answer.read(bytes, question.version());
        return answer;
    }
}
