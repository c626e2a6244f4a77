package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class BallastTest {
    private static final long PLENTY = 1L << 30;

    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path file = disk.root().resolve(Ballast.NAME);
    private final Ballast ballast = new Ballast(disk.root());

    private long free() throws IOException {
        return Files.getFileStore(file).getUsableSpace();
    }

    @Test
    void itTakesSpaceWhereThereIsPlenty() throws IOException {
        disk.leaveFree(PLENTY);

        assertThat(ballast.grow()).isTrue();

        assertThat(free()).isEqualTo(PLENTY - Ballast.BYTES_MAX);
        assertThat(Files.size(file)).isEqualTo(Ballast.BYTES_MAX);
    }

    @Test
    void itTakesNothingThatOthersNeed() throws IOException {
        disk.leaveFree(4 * Ballast.BYTES_MAX);

        assertThat(ballast.grow()).isFalse();

        assertThat(free()).isEqualTo(4 * Ballast.BYTES_MAX);
    }

    @Test
    void itGivesWayInStepsUntilNothingIsLeft() throws IOException {
        disk.leaveFree(PLENTY);
        assertThat(ballast.grow()).isTrue();
        disk.leaveFree(0);

        assertThat(ballast.release()).isTrue();
        assertThat(free()).isEqualTo(Ballast.STEP_BYTES);

        int steps = 1;
        while (ballast.release()) {
            steps++;
        }
        assertThat(steps).isEqualTo((int) (Ballast.BYTES_MAX / Ballast.STEP_BYTES));
        assertThat(free()).isEqualTo(Ballast.BYTES_MAX);
    }

    @Test
    void aStartTakesNoMoreOfItThanItNeeds() throws IOException {
        disk.leaveFree(PLENTY);
        assertThat(ballast.grow()).isTrue();
        disk.leaveFree(Ballast.STEP_BYTES);

        ballast.release(3 * Ballast.STEP_BYTES);

        assertThat(free()).isEqualTo(3 * Ballast.STEP_BYTES);
    }

    @Test
    void whereThereIsNoneNothingIsGiven() {
        assertThat(ballast.release()).isFalse();
        assertThat(Files.exists(file)).isFalse();
    }
}
