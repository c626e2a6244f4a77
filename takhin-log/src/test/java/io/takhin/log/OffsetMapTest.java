package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.testkit.Seeded;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class OffsetMapTest {
    private static ByteBuffer key(long number) {
        return ByteBuffer.allocate(Long.BYTES).putLong(0, number);
    }

    @Seeded(runs = 5)
    void itKnowsWhatAMapKnows(RandomGenerator random) {
        Map<Long, Long> expected = new HashMap<>();
        try (OffsetMap map = OffsetMap.of(2000, Long.MAX_VALUE)) {
            for (long offset = 0; offset < 5000; offset++) {
                long number = random.nextLong(2000);
                assertThat(map.put(key(number), offset)).isTrue();
                expected.put(number, offset);
            }

            for (long number = 0; number < 2500; number++) {
                assertThat(map.get(key(number))).isEqualTo(expected.getOrDefault(number, -1L));
            }
            assertThat(map.entries()).isEqualTo(expected.size());
        }
    }

    @Test
    void aFullMapTakesKnownKeysOnly() {
        try (OffsetMap map = OffsetMap.of(1_000_000, 10 * OffsetMap.SLOT_BYTES)) {
            long keys = 0;
            while (map.put(key(keys), keys)) {
                keys++;
            }

            assertThat(keys).isEqualTo(8);
            assertThat(map.put(key(3), 100)).isTrue();
            assertThat(map.get(key(3))).isEqualTo(100);
            assertThat(map.get(key(keys))).isEqualTo(-1);
        }
    }

    @Test
    void itTakesNoMoreMemoryThanItsKeysNeed() {
        try (OffsetMap map = OffsetMap.of(8, 1 << 30)) {
            assertThat(map.sizeInBytes()).isEqualTo(12 * OffsetMap.SLOT_BYTES);
        }
    }
}
