package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The decision, with a disk that is a number. */
class DiskSpaceTest {
    private static final long TOTAL = 100_000;
    private static final DiskReserve RESERVE = new DiskReserve(1000, 5);

    private final FakeStore store = new FakeStore();
    private final List<String> told = new ArrayList<>();
    private final DiskSpace space = space(10_000);

    private DiskSpace space(long usable) {
        store.usable = usable;
        DiskSpace made = new DiskSpace(Path.of("data"), store, RESERVE);
        made.addListener(new Told());
        return made;
    }

    @Test
    void recordsAreTakenWhileThereIsMoreThanTheReserve() {
        assertThat(space.take(100, Origin.CLIENT)).isTrue();
        assertThat(space.isReadOnly()).isFalse();
    }

    @Test
    void atTheReserveClientsAreRefusedAndCoordinatorsAreNot() { // S179
        store.usable = 1000;
        space.look();

        assertThat(space.take(1, Origin.CLIENT)).isFalse();
        assertThat(space.take(1, Origin.COORDINATOR)).isTrue();
        assertThat(space.refusal()).contains("delete topics or records");
        assertThat(told).containsExactly("read-only");
    }

    @Test
    void itReturnsOnlyWhenThereIsAQuarterMoreThanTheReserve() {
        store.usable = 900;
        space.look();
        store.usable = 1200;
        space.look();
        assertThat(space.isReadOnly()).isTrue();
        store.usable = 1250;
        space.look();

        assertThat(space.take(1, Origin.CLIENT)).isTrue();
        assertThat(told).containsExactly("read-only", "writable");
    }

    @Test
    void whatIsAppendedBetweenTwoLooksIsCounted() {
        assertThat(space.take(6000, Origin.CLIENT)).isTrue();
        assertThat(space.take(3001, Origin.CLIENT)).isFalse();
    }

    @Test
    void aRefusalWithoutALowDiskDoesNotLast() {
        space.take(9001, Origin.CLIENT);

        store.usable = 20_000;
        space.look();

        assertThat(space.take(9001, Origin.CLIENT)).isTrue();
        assertThat(told).isEmpty();
    }

    @Test
    void whatDidNotFitMakesTheBrokerSayThatItIsReadOnly() {
        space.take(9001, Origin.CLIENT);

        space.look();

        assertThat(told).containsExactly("read-only");
    }

    @Test
    void onASmallDiskTheReserveIsAShareOfIt() {
        assertThat(new DiskReserve(1L << 30, 5).bytesOf(10L << 30))
                .isEqualTo((10L << 30) / 100 * 5);
        assertThat(new DiskReserve(1L << 30, 5).bytesOf(1L << 40)).isEqualTo(1L << 30);
    }

    @Test
    void afterADiskThatWasReallyFullTheFiguresAreNotBelievedAtOnce() {
        space.full(new IOException("No space left on device"));

        space.look();
        assertThat(space.isReadOnly()).isTrue();
        for (int i = 0; i < 5; i++) {
            space.look();
        }

        assertThat(told).containsExactly("read-only", "writable");
    }

    @Test
    void aDiskThatDoesNotSayWhatItHasIsWrittenUntilAWriteFailsAndThenTriedAgain() {
        store.answers = false;
        DiskSpace silent = new DiskSpace(Path.of("data"), store, RESERVE);
        silent.addListener(new Told());
        assertThat(silent.take(1 << 30, Origin.CLIENT)).isTrue();
        assertThat(silent.hasRoomToRewrite(1 << 30)).isTrue();

        silent.full(new IOException("No space left on device"));
        assertThat(silent.take(1, Origin.CLIENT)).isFalse();
        assertThat(silent.hasRoomToRewrite(1)).isFalse();
        for (int i = 0; i < 6; i++) {
            silent.look();
        }

        assertThat(silent.take(1, Origin.CLIENT)).isTrue();
        assertThat(told).containsExactly("read-only", "writable");
    }

    @Test
    void whatADiskSaidBeforeItFellSilentIsNotHeldAgainstRecords() {
        assertThat(space.take(9001, Origin.CLIENT)).isFalse();
        store.answers = false;

        space.look();

        assertThat(space.take(9001, Origin.CLIENT)).isTrue();
    }

    private static final class FakeStore implements DiskSpace.Store {
        private long usable;
        private boolean answers = true;

        @Override
        public long usable() throws IOException {
            if (!answers) {
                throw new IOException("no figures");
            }
            return usable;
        }

        @Override
        public long total() {
            return TOTAL;
        }
    }

    private final class Told implements DiskSpace.Listener {
        @Override
        public void readOnly(String why) {
            told.add("read-only");
        }

        @Override
        public void writable() {
            told.add("writable");
        }
    }
}
