package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.base.Threads;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StorageFaultsTest {
    private static final int RACES = 50_000;

    @TempDir Path root;
    private DiskSpace space;

    @BeforeEach
    void open() throws IOException {
        space = new DiskSpace(root, DiskSpace.Store.of(root), DiskReserve.NONE);
    }

    @Test
    void whoListensWhileTheDirectoryFailsIsToldOnce() throws Exception {
        List<StorageFaults> races =
                Stream.generate(() -> new StorageFaults(root, space)).limit(RACES).toList();
        List<AtomicInteger> told = new ArrayList<>();
        AtomicInteger turn = new AtomicInteger(-1);
        IOException cause = new IOException("the disk is broken");
        Thread failing =
                Threads.start(
                        "failing",
                        () -> {
                            for (int i = 0; i < RACES; i++) {
                                while (turn.get() < i) {
                                    Thread.onSpinWait();
                                }
                                races.get(i).fail(cause);
                            }
                        });

        for (int i = 0; i < RACES; i++) {
            AtomicInteger count = new AtomicInteger();
            told.add(count);
            turn.set(i);
            // Each time a little later, so that some meet the failure in the middle.
            for (int wait = i % 100; wait > 0; wait--) {
                Thread.onSpinWait();
            }
            races.get(i).onFailure(count::incrementAndGet);
        }
        failing.join();

        assertThat(told).extracting(AtomicInteger::get).containsOnly(1);
    }

    @Test
    void aSecondFailureTellsNobody() {
        AtomicInteger told = new AtomicInteger();
        StorageFaults faults = new StorageFaults(root, space);
        faults.onFailure(told::incrementAndGet);

        faults.fail(new IOException("first"));
        faults.fail(new IOException("second"));

        assertThat(told).hasValue(1);
        assertThat(faults.failure()).get().extracting(Throwable::getMessage).isEqualTo("first");
    }
}
