package io.takhin.protocol;

import java.util.stream.Stream;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchSnapshotResponseData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.MessageSizeAccumulator;
import org.apache.kafka.common.protocol.ObjectSerializationCache;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.requests.RequestHeader;

/** Turns responses, and requests to other brokers, into frames. */
public final class FrameEncoder {
    private FrameEncoder() {}

    public static EncodedFrame request(RequestHeader header, ApiMessage body) {
        return encode(header.data(), header.headerVersion(), body, header.apiVersion());
    }

    /**
     * Encodes the answer to a request. From here on the frame owns the regions of the response,
     * unless this throws.
     */
    public static EncodedFrame response(RequestHeader request, ApiMessage response) {
        short version = request.apiVersion();
        short headerVersion = request.apiKey().responseHeaderVersion(version);
        ResponseHeaderData header =
                new ResponseHeaderData().setCorrelationId(request.correlationId());
        return encode(header, headerVersion, response, version);
    }

    private static EncodedFrame encode(
            Message header, short headerVersion, ApiMessage body, short bodyVersion) {
        ObjectSerializationCache cache = new ObjectSerializationCache();
        MessageSizeAccumulator size = new MessageSizeAccumulator();
        header.addSize(size, cache, headerVersion);
        body.addSize(size, cache, bodyVersion);
        FrameWriter writer = new FrameWriter(Integer.BYTES + size.sizeExcludingZeroCopy());
        writer.writeInt(size.totalSize());
        header.write(writer, cache, headerVersion);
        body.write(writer, cache, bodyVersion);
        return new EncodedFrame(writer.finish(), Integer.BYTES + (long) size.totalSize());
    }

    /** Gives back the regions of a response that will never be encoded. */
    public static void releaseRegions(ApiMessage response) {
        recordsOf(response)
                .forEach(records -> {
                    if (records instanceof RecordRegion region) {
                        region.release();
                    }
                });
    }

    private static Stream<? extends BaseRecords> recordsOf(ApiMessage response) {
        return switch (response) {
            case FetchResponseData fetch ->
                    fetch.responses().stream()
                            .flatMap(topic -> topic.partitions().stream())
                            .map(FetchResponseData.PartitionData::records);
            case ShareFetchResponseData fetch ->
                    fetch.responses().stream()
                            .flatMap(topic -> topic.partitions().stream())
                            .map(ShareFetchResponseData.PartitionData::records);
            case FetchSnapshotResponseData fetch ->
                    fetch.topics().stream()
                            .flatMap(topic -> topic.partitions().stream())
                            .map(FetchSnapshotResponseData.PartitionSnapshot::unalignedRecords);
            default -> Stream.empty();
        };
    }
}
