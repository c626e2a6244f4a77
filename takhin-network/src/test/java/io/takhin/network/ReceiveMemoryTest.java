package io.takhin.network;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReceiveMemoryTest {
    private static final int LARGE = 1 << 20;
    private static final int HUGE = 50 << 20;

    private final ReceiveMemory memory = new ReceiveMemory(4 << 20);
    private final List<String> granted = new ArrayList<>();

    @Test
    void memoryIsGrantedInTheOrderInWhichItWasAskedFor() {
        assertThat(memory.tryReserve(2 * LARGE)).isTrue();
        assertThat(memory.tryReserve(LARGE)).isFalse();
        memory.reserveLater(LARGE, () -> granted.add("first"));
        memory.reserveLater(LARGE, () -> granted.add("second"));
        assertThat(granted).isEmpty();
        assertThat(memory.isShort()).isTrue();

        memory.release(2 * LARGE);

        assertThat(granted).containsExactly("first", "second");
        assertThat(memory.isShort()).isFalse();
        assertThat(memory.used()).isEqualTo(2 * LARGE);
    }

    @Test
    void oneHugeFrameAtATimeFitsAndLeavesRoomForSmallOnes() {
        assertThat(memory.tryReserve(HUGE)).isTrue();
        assertThat(memory.tryReserve(HUGE)).isFalse();

        assertThat(memory.tryReserve(1000)).isTrue();
        assertThat(memory.tryReserve(LARGE)).isTrue();
    }

    @Test
    void whoStopsWaitingLetsTheNextOneIn() {
        assertThat(memory.tryReserve(LARGE)).isTrue();
        ReceiveMemory.Waiter tooMuch =
                memory.reserveLater(3 * LARGE, () -> granted.add("too much"));
        memory.reserveLater(LARGE, () -> granted.add("fits"));

        assertThat(tooMuch.cancel()).isTrue();

        assertThat(granted).containsExactly("fits");
        assertThat(tooMuch.cancel()).isFalse();
    }

    @Test
    void bytesReadAheadMakeConnectionsReadNoFurtherThanTheyMust() {
        memory.keepReadAhead(LARGE + 1);
        assertThat(memory.isShort()).isTrue();
        assertThat(memory.tryReserve(1000)).isTrue();

        memory.releaseReadAhead(LARGE + 1);

        assertThat(memory.isShort()).isFalse();
    }
}
