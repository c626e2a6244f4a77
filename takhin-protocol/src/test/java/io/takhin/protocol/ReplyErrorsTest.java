package io.takhin.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FetchResponseData.FetchableTopicResponse;
import org.apache.kafka.common.message.FetchResponseData.PartitionData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsPartitionResponse;
import org.apache.kafka.common.message.ListOffsetsResponseData.ListOffsetsTopicResponse;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class ReplyErrorsTest {
    @Test
    void anAnswerWithoutErrorsHasNone() {
        assertThat(ReplyErrors.in(new HeartbeatResponseData(), (short) 4)).isEmpty();
        assertThat(ReplyErrors.in(new FetchResponseData(), (short) 12)).isEmpty();
    }

    @Test
    void theErrorsOfAllPartsAreFoundEachOnce() { // S161
        FetchResponseData fetch =
                new FetchResponseData()
                        .setResponses(
                                List.of(
                                        new FetchableTopicResponse()
                                                .setPartitions(
                                                        List.of(
                                                                refused(Errors.OFFSET_OUT_OF_RANGE),
                                                                refused(Errors.OFFSET_OUT_OF_RANGE),
                                                                refused(Errors.NONE),
                                                                refused(
                                                                        Errors
                                                                                .KAFKA_STORAGE_ERROR)))));

        assertThat(ReplyErrors.in(fetch, (short) 12))
                .containsExactlyInAnyOrder(Errors.OFFSET_OUT_OF_RANGE, Errors.KAFKA_STORAGE_ERROR);
    }

    @Test
    void errorsOfOtherAnswersAreFoundToo() {
        ListOffsetsResponseData listed =
                new ListOffsetsResponseData()
                        .setTopics(
                                List.of(
                                        new ListOffsetsTopicResponse()
                                                .setPartitions(
                                                        List.of(
                                                                new ListOffsetsPartitionResponse()
                                                                        .setErrorCode(
                                                                                Errors
                                                                                        .NOT_LEADER_OR_FOLLOWER
                                                                                        .code())))));

        assertThat(ReplyErrors.in(listed, (short) 7))
                .containsExactly(Errors.NOT_LEADER_OR_FOLLOWER);
        assertThat(
                        ReplyErrors.in(
                                new HeartbeatResponseData()
                                        .setErrorCode(Errors.REBALANCE_IN_PROGRESS.code()),
                                (short) 4))
                .containsExactly(Errors.REBALANCE_IN_PROGRESS);
    }

    private static PartitionData refused(Errors error) {
        return new PartitionData().setErrorCode(error.code());
    }
}
