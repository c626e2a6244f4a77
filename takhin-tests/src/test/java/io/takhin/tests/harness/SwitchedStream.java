package io.takhin.tests.harness;

import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * Collects what a tool prints. The same stream serves all runs: Scala's console keeps the stream it
 * saw first.
 *
 * <p>Threads: any may write.
 */
final class SwitchedStream extends OutputStream {
    private final ByteArrayOutputStream collected = new ByteArrayOutputStream();

    @Override
    public void write(int value) {
        collected.write(value);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) {
        collected.write(bytes, offset, length);
    }

    /** Takes what was written since the last time. */
    String drain() {
        String text = collected.toString(StandardCharsets.UTF_8);
        collected.reset();
        return text;
    }
}
