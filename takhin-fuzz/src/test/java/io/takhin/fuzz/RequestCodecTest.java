package io.takhin.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.protocol.AnnouncedApis;
import io.takhin.protocol.ApiRange;
import io.takhin.protocol.Decoded;
import io.takhin.protocol.EncodedFrame;
import io.takhin.protocol.ErrorReplies;
import io.takhin.protocol.FrameEncoder;
import io.takhin.protocol.Request;
import io.takhin.protocol.RequestDecoder;
import io.takhin.protocol.ResponseDecoder;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.apache.kafka.common.requests.RequestHeader;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Against Kafka's own classes, for every key and every version that is stable. */
final class RequestCodecTest {
    private static final int RUNS = 8;
    private static final RequestDecoder DECODER =
            new RequestDecoder(AnnouncedApis.stable(EnumSet.allOf(ApiKeys.class)));

    private final long seed = System.nanoTime();
    private final RandomFrames frames = new RandomFrames(new SplittableRandom(seed));

    record Api(ApiKeys key, short version) {}

    static Stream<Api> apis() {
        return Arrays.stream(ApiKeys.values())
                .filter(ApiRange::hasStable)
                .flatMap(key ->
                        IntStream.rangeClosed(key.oldestVersion(), key.latestVersion(false))
                                .mapToObj(version -> new Api(key, (short) version)));
    }

    @ParameterizedTest
    @MethodSource("apis")
    void aRequestIsReadAsKafkaReadsIt(Api api) throws Exception {
        for (int i = 0; i < RUNS; i++) {
            ByteBuffer frame = requestKafkaTakes(api);
            ByteBuffer copy = frame.duplicate();

            Request ours = decode(frame);

            RequestHeader header = RequestHeader.parse(copy);
            ApiMessage kafkas =
                    AbstractRequest.parseRequest(
                                    api.key(), api.version(), new ByteBufferAccessor(copy))
                            .request
                            .data();
            assertThat(ours.body()).as("seed %d", seed).isEqualTo(kafkas);
            assertThat(ours.header().data()).as("seed %d", seed).isEqualTo(header.data());
        }
    }

    @ParameterizedTest
    @MethodSource("apis")
    void aRequestIsWrittenSoThatKafkaReadsIt(Api api) throws Exception {
        Request request = decode(requestKafkaTakes(api));

        ByteBuffer written = join(FrameEncoder.request(request.header(), request.body()));

        assertThat(RequestHeader.parse(written).data()).isEqualTo(request.header().data());
        assertThat(
                        AbstractRequest.parseRequest(
                                        api.key(), api.version(), new ByteBufferAccessor(written))
                                .request
                                .data())
                .as("seed %d", seed)
                .isEqualTo(request.body());
    }

    @ParameterizedTest
    @MethodSource("apis")
    void aResponseIsWrittenSoThatKafkaReadsItAndReadAsKafkaWroteIt(Api api) throws Exception {
        RequestHeader header = new RequestHeader(api.key(), api.version(), "test", 7);
        ApiMessage response = api.key().messageType.newResponse();
        ByteBuffer body = frames.body(api.key().messageType.responseSchemas()[api.version()]);
        response.read(new ByteBufferAccessor(body), api.version());

        ByteBuffer written = join(FrameEncoder.response(header, response));

        assertThat(ResponseDecoder.decode(header, written.duplicate()))
                .as("seed %d", seed)
                .isEqualTo(response);
        new ResponseHeaderData()
                .read(
                        new ByteBufferAccessor(written),
                        api.key().responseHeaderVersion(api.version()));
        ApiMessage kafkas = api.key().messageType.newResponse();
        kafkas.read(new ByteBufferAccessor(written), api.version());
        assertThat(kafkas).as("seed %d", seed).isEqualTo(response);
    }

    @ParameterizedTest
    @MethodSource("apis")
    void everyRequestCanBeAnsweredWithAnError(Api api) throws Exception {
        Request request = decode(requestKafkaTakes(api));
        if (request.body() instanceof ProduceRequestData produce) {
            produce.setAcks((short) -1);
        }

        ApiMessage reply =
                Objects.requireNonNull(ErrorReplies.to(request, Errors.UNKNOWN_SERVER_ERROR));

        ByteBuffer written = join(FrameEncoder.response(request.header(), reply));
        AbstractResponse parsed = AbstractResponse.parseResponse(written, request.header());
        assertThat(parsed.apiKey()).isEqualTo(api.key());
    }

    /** Some requests fit their schema and are refused by Kafka all the same. */
    private ByteBuffer requestKafkaTakes(Api api) {
        while (true) {
            ByteBuffer frame = frames.request(api.key(), api.version());
            try {
                kafkaBody(api, frame.duplicate());
                return frame;
            } catch (IllegalArgumentException | UnsupportedVersionException e) {
                // The next one may do.
            }
        }
    }

    private static ApiMessage kafkaBody(Api api, ByteBuffer frame) {
        RequestHeader.parse(frame);
        return AbstractRequest.parseRequest(api.key(), api.version(), new ByteBufferAccessor(frame))
                .request
                .data();
    }

    private Request decode(ByteBuffer frame) throws Exception {
        Decoded decoded = DECODER.decode(frame);
        assertThat(decoded).as("seed %d", seed).isInstanceOf(Decoded.Accepted.class);
        return ((Decoded.Accepted) decoded).request();
    }

    /** The frame without its length. */
    private static ByteBuffer join(EncodedFrame frame) {
        ByteBuffer joined = ByteBuffer.allocate((int) frame.size());
        for (EncodedFrame.Part part : frame.parts()) {
            joined.put(((EncodedFrame.Part.Bytes) part).bytes());
        }
        joined.flip();
        assertThat(joined.getInt()).isEqualTo(joined.remaining());
        return joined;
    }
}
