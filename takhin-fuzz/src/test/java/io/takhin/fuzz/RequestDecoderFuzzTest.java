package io.takhin.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class RequestDecoderFuzzTest {
    @Test
    void everyFrameIsDecodedOrRefusedWithinBoundedMemory() {
        String summary = RequestDecoderFuzz.run(System.nanoTime(), 20_000, Duration.ofSeconds(20));

        System.out.println(summary);
        assertThat(summary).contains("accepted");
    }
}
