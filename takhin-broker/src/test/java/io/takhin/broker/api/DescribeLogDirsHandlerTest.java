package io.takhin.broker.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.LogDirectory;
import io.takhin.testkit.disk.SimulatedDisk;
import io.takhin.testkit.disk.SimulatedDisk.Call;
import java.io.IOException;
import java.util.SplittableRandom;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.DescribeLogDirsRequestData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData;
import org.apache.kafka.common.message.DescribeLogDirsResponseData.DescribeLogDirsResult;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.DescribeLogDirsResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DescribeLogDirsHandlerTest {
    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private LogDirectory directory;

    @BeforeEach
    void open() throws IOException {
        directory = TestRecords.directory(disk.root().resolve("data"));
        directory.open(new TopicPartition("orders", 0), Uuid.ONE_UUID, TestRecords.CONFIG);
    }

    @AfterEach
    void close() {
        directory.close();
    }

    /** The first question is for all bytes, the second one for those that are free. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1})
    void aDiskThatDoesNotSayItsSizeIsAnErrorOfItsDirectory(int answersBefore) {
        assertThat(described().errorCode()).isEqualTo(Errors.NONE.code());
        disk.failAfter(Call.SPACE, answersBefore);

        DescribeLogDirsResult result = described();

        assertThat(result.errorCode()).isEqualTo(Errors.UNKNOWN_SERVER_ERROR.code());
        assertThat(result.logDir()).isEqualTo(directory.root().toAbsolutePath().toString());
        assertThat(result.totalBytes()).isEqualTo(DescribeLogDirsResponse.UNKNOWN_VOLUME_BYTES);
        assertThat(result.usableBytes()).isEqualTo(DescribeLogDirsResponse.UNKNOWN_VOLUME_BYTES);
        assertThat(result.topics()).isEmpty();
        assertThat(directory.isOnline()).isTrue();
    }

    private DescribeLogDirsResult described() {
        DescribeLogDirsHandler handler = new DescribeLogDirsHandler(directory, Runnable::run);
        DescribeLogDirsResponseData response =
                FakeExchange.of(new DescribeLogDirsRequestData().setTopics(null))
                        .answerOf(handler, DescribeLogDirsResponseData.class);
        assertThat(response.errorCode()).isEqualTo(Errors.NONE.code());
        assertThat(response.results()).hasSize(1);
        return response.results().getFirst();
    }
}
