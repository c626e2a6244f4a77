package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.StorageShortageException;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DiskRoomTest {
    private final SimulatedDisk disk = new SimulatedDisk(new SplittableRandom(1));
    private final Path ballast = disk.root().resolve(Ballast.NAME);
    private final DiskRoom room = new DiskRoom(disk.root());
    private int attempts;

    /** Fails so often before it succeeds. */
    private Runnable change(int failures, String why) {
        return () -> {
            if (attempts++ < failures) {
                throw new StorageShortageException("not written", new IOException(why));
            }
        };
    }

    private void fillBallast() {
        assertThat(new Ballast(disk.root()).grow()).isTrue();
    }

    @Test
    void theBallastGivesWayBeforeAnybodyWaits() throws IOException {
        fillBallast();
        List<String> lacks = new ArrayList<>();
        room.onLack(() -> lacks.add(room.lack()));

        room.write(change(2, "No space left on device"));

        assertThat(Files.size(ballast)).isEqualTo(Ballast.BYTES_MAX - 2 * Ballast.STEP_BYTES);
        assertThat(lacks).isEmpty();
    }

    @Test
    void withoutBallastAWriteIsTriedAgainAndItIsSaidOnce() {
        List<String> lacks = new ArrayList<>();
        room.onLack(() -> lacks.add(room.lack()));

        room.write(change(2, "No space left on device"));

        assertThat(attempts).isEqualTo(3);
        assertThat(lacks).singleElement().asString().contains("the disk is full");
        assertThat(room.lack()).isNull();
    }

    @Test
    void aLackOfDescriptorsIsNoneOfSpace() throws IOException {
        fillBallast();
        List<String> lacks = new ArrayList<>();
        room.onLack(() -> lacks.add(room.lack()));

        room.write(change(1, "Too many open files"));

        assertThat(Files.size(ballast)).isEqualTo(Ballast.BYTES_MAX);
        assertThat(lacks).singleElement().asString().contains("descriptor");
    }

    @Test
    void whoWaitsIsToldThatTheNodeStops() {
        room.stop();

        assertThatThrownBy(() -> room.write(change(1000, "No space left on device")))
                .isInstanceOf(StorageShortageException.class);
        assertThat(attempts).isOne();
    }
}
