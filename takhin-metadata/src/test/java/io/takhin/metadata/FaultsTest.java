package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class FaultsTest {
    private final List<Throwable> fatal = new ArrayList<>();
    private final List<IOException> ofTheDisk = new ArrayList<>();
    private final Faults faults = new Faults(fatal::add);

    FaultsTest() {
        faults.onDiskFailure(ofTheDisk::add);
    }

    private static Throwable meeting(String error) {
        return new IllegalStateException(new UncheckedIOException(new IOException(error)));
    }

    @Test
    void whatTheLibrariesReportAsImpossibleEndsTheProcess() {
        var _ = faults.fatal().handleFault("a record cannot be applied", new RuntimeException("?"));

        assertThat(fatal).hasSize(1);
        assertThat(faults.diskFailure()).isNull();
    }

    @Test
    void anErrorOfTheDiskDoesNotAndIsToldOnce() {
        var _ = faults.fatal().handleFault("Raft", meeting("Input/output error"));
        var _ = faults.fatal().handleFault("Raft", meeting("Read-only file system"));

        assertThat(fatal).isEmpty();
        assertThat(ofTheDisk).singleElement().asString().contains("Input/output error");
    }

    @Test
    void whatFollowsFromItIsNoFaultOfItsOwn() {
        faults.diskFailed(new IOException("Input/output error"));

        var _ = faults.fatal().handleFault("nothing is committed any more", null);

        assertThat(fatal).isEmpty();
    }

    @Test
    void aSnapshotThatCannotBeSyncedIsAnErrorOfTheDisk() {
        var _ = faults.survivable().handleFault("a snapshot", meeting("Input/output error"));

        assertThat(ofTheDisk).hasSize(1);
    }

    @Test
    void aSnapshotThatFindsNoSpaceIsNot() {
        var _ = faults.survivable().handleFault("a snapshot", meeting("No space left on device"));

        assertThat(ofTheDisk).isEmpty();
        assertThat(fatal).isEmpty();
    }
}
