package io.takhin.tests.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.JavaClients;
import io.takhin.tests.harness.KafkaProcess;
import io.takhin.tests.harness.KafkaSetup;
import io.takhin.tests.harness.KafkaSetup.Voters;
import io.takhin.tests.harness.TakhinOnly;
import io.takhin.tests.harness.TakhinProcess;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Data directories of Apache Kafka that Takhin does not continue: it says why and stops. */
@TakhinOnly
class RefusedDirectoryTest {
    @TempDir private Path home;

    @Test
    @Timeout(90)
    void oneOfSeveralDirectoriesIsNotTakenForTheWholeBroker() throws Exception {
        Path other = home.resolve("other/data");
        KafkaSetup kafka =
                KafkaSetup.in(home, Voters.STATIC).and(other).format("refusedTestClusterAAAA");
        try (KafkaProcess process = kafka.start()) {
            new JavaClients(process).createTopic("spread", 4);
            new JavaClients(process).fill("spread", 10);
        }

        assertThat(refusal(kafka)).contains("had 2 data directories (log.dirs) in Apache Kafka");
        assertThat(refusal(kafka.moved(home.resolve("other"))))
                .contains("one of several log.dirs of a broker is not a whole broker");
        try (KafkaProcess process = kafka.start()) {
            assertThat(Observation.of(process).only("read_uncommitted spread").facts()).hasSize(10);
        }
    }

    private static String refusal(KafkaSetup kafka) {
        TakhinProcess takhin = kafka.asTakhin().launch();
        assertThat(takhin.awaitExit(Duration.ofSeconds(20))).isNotZero();
        return takhin.output();
    }
}
