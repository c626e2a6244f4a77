package io.takhin.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.network.DirectBuffers.Pooled;
import org.junit.jupiter.api.Test;

final class DirectBuffersTest {
    private final DirectBuffers buffers = new DirectBuffers();

    @Test
    void aBufferGivenBackIsUsedAgain() {
        Pooled first = buffers.take(70_000);
        buffers.giveBack(first);

        Pooled second = buffers.take(100_000);

        assertThat(second).isSameAs(first);
        assertThat(second.bytes().remaining()).isEqualTo(128 << 10);
    }

    @Test
    void whatIsNotNeededIsGivenToTheSystem() {
        buffers.giveBack(buffers.take(100_000));

        buffers.trim();
        assertThat(buffers.freeBytes()).isPositive();
        buffers.trim();

        assertThat(buffers.freeBytes()).isZero();
    }

    @Test
    void aHugeBufferIsNotKept() {
        buffers.giveBack(buffers.take(50 << 20));

        assertThat(buffers.freeBytes()).isZero();
    }
}
