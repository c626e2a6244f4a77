package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.OffsetCheckpoint;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** A recovery point that a bad digit has put behind the log's end says nothing of what is there. */
class RecoveryPointPowerCutTest extends PowerCutFixture {

    private void writePoint(long offset) throws IOException {
        OffsetCheckpoint.write(
                directory.root().resolve(OffsetCheckpoint.RECOVERY_POINTS),
                Map.of(Directories.ORDERS, offset));
    }

    @Seeded(runs = 20)
    void whatAKillLeftIsFlushedAllTheSame(RandomGenerator random) throws IOException {
        start(random);
        append("first");
        settle();
        fill(3);
        List<String> written = Batches.all(log);
        directory.abandon();
        writePoint(log.logEndOffset() + 5);
        open();
        log.flush();

        cutPower();

        assertThat(Batches.all(log)).isEqualTo(written);
    }
}
