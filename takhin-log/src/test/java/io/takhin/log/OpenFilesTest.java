package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.file.OpenFiles;
import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.SharedFile;
import io.takhin.log.file.ShortageException;
import io.takhin.testkit.ManualClock;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OpenFilesTest {
    @TempDir Path directory;

    private final Disk disk = new Disk();
    private final OpenFiles openFiles = new OpenFiles(3, disk);

    private static final class Disk implements OpenFiles.Host {
        final List<SharedFile> synced = new ArrayList<>();
        final List<IOException> failures = new ArrayList<>();
        boolean broken;
        int roomWanted;

        @Override
        public void sync(List<SharedFile> files) throws IOException {
            if (broken) {
                throw new IOException("No space left on device");
            }
            for (SharedFile file : files) {
                file.sync();
                synced.add(file);
            }
        }

        @Override
        public void fail(IOException cause) {
            failures.add(cause);
        }

        @Override
        public boolean isOnline() {
            return failures.isEmpty();
        }

        @Override
        public void roomWanted() {
            roomWanted++;
        }

        @Override
        public void lacksDescriptors(IOException cause) {
            throw new AssertionError(cause);
        }
    }

    private SharedFile file(long offset) throws IOException {
        return file(openFiles, offset);
    }

    private SharedFile file(OpenFiles owner, long offset) throws IOException {
        SharedFile file = new SharedFile(owner, directory, offset, PartitionFiles.LOG);
        Files.write(file.path(), new byte[] {(byte) offset});
        return file;
    }

    private static void use(SharedFile file) throws IOException {
        file.acquire();
        file.release();
    }

    private static byte read(SharedFile file) throws IOException {
        ByteBuffer target = ByteBuffer.allocate(1);
        file.read(target, 0);
        return target.get(0);
    }

    private static void write(SharedFile file) throws IOException {
        FileChannel channel = file.acquire();
        try {
            channel.write(ByteBuffer.wrap(new byte[] {7}), 0);
        } finally {
            file.written();
            file.release();
        }
    }

    private boolean sweep() throws IOException {
        return openFiles.sweep();
    }

    @Test
    void noMoreThanTheLimitStayOpenAndTheOthersOpenAgain() throws IOException {
        List<SharedFile> files = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            files.add(file(i));
            use(files.get(i));
        }

        assertThat(openFiles.count()).isEqualTo(3);
        for (int i = 0; i < 10; i++) {
            assertThat(read(files.get(i))).isEqualTo((byte) i);
        }
        assertThat(openFiles.count()).isEqualTo(3);
    }

    @Test
    void theOneThatWasNotUsedForTheLongestTimeIsClosed() throws IOException {
        List<SharedFile> files = List.of(file(0), file(1), file(2));
        for (SharedFile file : files) {
            use(file);
        }
        use(files.getFirst());

        use(file(3));

        assertThat(files).extracting(SharedFile::isOpen).containsExactly(true, false, true);
    }

    @Test
    void whatSomebodyHoldsStaysOpen() throws IOException {
        SharedFile held = file(0);
        FileChannel channel = held.acquire();
        for (int i = 1; i < 10; i++) {
            use(file(i));
        }
        sweep();
        sweep();

        assertThat(channel.isOpen()).isTrue();
        held.release();
    }

    @Test
    void whoOpensAFileNeedNotWaitForTheDiskWhereRoomWasPrepared() throws IOException {
        OpenFiles many = new OpenFiles(16, disk);
        List<SharedFile> files = new ArrayList<>();
        for (int i = 0; i < 13; i++) {
            files.add(file(many, i));
            write(files.get(i));
            assertThat(disk.roomWanted).isEqualTo(i < 12 ? 0 : 1);
        }
        many.prepareRoom();
        assertThat(disk.synced).containsExactlyElementsOf(files.subList(0, 8));

        for (int i = 13; i < 24; i++) {
            write(file(many, i));
        }

        assertThat(disk.synced).hasSize(8);
        assertThat(many.count()).isLessThanOrEqualTo(16);
    }

    @Test
    void nothingIsPreparedWhereEnoughCanBeClosed() throws IOException {
        OpenFiles many = new OpenFiles(16, disk);
        for (int i = 0; i < 16; i++) {
            if (i < 4) {
                use(file(many, i));
            } else {
                write(file(many, i));
            }
        }

        many.prepareRoom();

        assertThat(disk.synced).isEmpty();
    }

    @Test
    void whatIsOnTheDiskIsClosedBeforeWhatIsNot() throws IOException {
        List<SharedFile> files = List.of(file(0), file(1), file(2));
        write(files.get(0));
        write(files.get(1));
        use(files.get(2));

        use(file(3));

        assertThat(files).extracting(SharedFile::isOpen).containsExactly(true, true, false);
        assertThat(disk.synced).isEmpty();
    }

    @Test
    void whatIsNotOnTheDiskIsSyncedAndClosedWhereThereIsNothingElse() throws IOException {
        List<SharedFile> written = List.of(file(0), file(1), file(2), file(3));

        for (SharedFile file : written) {
            write(file);
        }

        assertThat(written).extracting(SharedFile::isOpen).contains(false).contains(true);
        assertThat(openFiles.count()).isLessThanOrEqualTo(3);
        assertThat(disk.synced).isNotEmpty().isSubsetOf(written.subList(0, 3));
    }

    @Test
    void aSyncThatFailsThereIsAFailureOfTheDirectoryAndClosesNothing() throws IOException {
        List<SharedFile> written = List.of(file(0), file(1), file(2));
        for (SharedFile file : written) {
            write(file);
        }
        disk.broken = true;

        assertThatThrownBy(() -> use(file(3)))
                .isInstanceOfSatisfying(
                        IOException.class,
                        e -> assertThat(ShortageException.isCauseOf(e)).isFalse());

        assertThat(disk.failures).hasSize(1);
        assertThat(written).extracting(SharedFile::isOpen).containsOnly(true);
    }

    @Test
    void whatWasWrittenMeanwhileIsNotClosedByWhoChoseItBefore() throws IOException {
        SharedFile file = file(0);
        write(file);

        assertThat(file.closeIfUnusedSince(Long.MAX_VALUE)).isFalse();

        assertThat(file.isOpen()).isTrue();
    }

    @Test
    void aWriteDuringASyncIsNotForgotten() throws IOException {
        SharedFile file = file(0);
        write(file);
        int writesThen = file.writes();
        write(file);

        file.syncedUpTo(writesThen);

        assertThat(file.isUnsynced()).isTrue();
    }

    @Test
    void whatNobodyUsesIsSyncedAndClosed() throws IOException {
        SharedFile written = file(0);
        write(written);
        SharedFile read = file(1);
        use(read);

        boolean afterOne = sweep();
        use(read);
        boolean afterTwo = sweep();

        assertThat(afterOne).isTrue();
        assertThat(afterTwo).isTrue();
        assertThat(disk.synced).containsExactly(written);
        assertThat(written.isOpen()).isFalse();
        assertThat(read.isOpen()).isTrue();
        assertThat(sweep()).isFalse();
        assertThat(openFiles.count()).isZero();
    }

    @Test
    void aFileWhoseSyncFailsIsNotClosed() throws IOException {
        SharedFile written = file(0);
        write(written);
        sweep();

        disk.broken = true;
        assertThatThrownBy(this::sweep).isInstanceOf(IOException.class);

        assertThat(written.isOpen()).isTrue();
        assertThat(written.isUnsynced()).isTrue();
    }

    @Test
    void whoWatchesIsToldOfTheFirstFileAfterARest() throws IOException {
        List<String> told = new ArrayList<>();
        openFiles.watch(() -> told.add("open"));
        use(file(0));
        use(file(1));
        assertThat(told).hasSize(1);
        sweep();
        sweep();

        use(file(2));

        assertThat(told).hasSize(2);
    }

    @Test
    void aRetiredFileIsClosedOnceNobodyReads() throws IOException {
        SharedFile file = file(0);
        FileChannel channel = file.acquire();

        file.retire();
        assertThat(channel.isOpen()).isTrue();
        file.release();

        assertThat(channel.isOpen()).isFalse();
        assertThat(read(file)).isEqualTo((byte) 0);
        assertThat(openFiles.count()).isZero();
    }

    @Test
    void everyFileThatALogWritesIsKnownToBeUnsynced() throws IOException {
        ManualClock clock = new ManualClock(Batches.NOW);
        try (LogDirectory logs =
                Directories.open(directory.resolve("data"), Batches.config(4000, 100), clock)) {
            PartitionLog log =
                    logs.open(
                            new TopicPartition("orders", 0),
                            Uuid.ONE_UUID,
                            Batches.config(4000, 100));
            for (int i = 0; i < 20; i++) {
                log.appendAsLeader(Batches.of("a".repeat(100)), 0, Origin.CLIENT);
            }
            Segment active = log.cleaning().view().active();
            assertThat(active.file().isUnsynced()).isTrue();
            log.flush();
            assertThat(active.file().isUnsynced()).isFalse();

            int writes = active.file().writes();
            log.truncateTo(10);
            active.writeIndexTails();

            assertThat(active.file().writes()).isGreaterThan(writes);
            // A cut waits for that.
            assertThat(active.file().isUnsynced()).isFalse();
            assertThat(active.offsets().entries().file().isUnsynced()).isTrue();
            assertThat(active.times().entries().file().isUnsynced()).isTrue();
        }
    }

    @Test
    void aLogAtRestHoldsNoDescriptorAndGoesOn() throws IOException {
        ManualClock clock = new ManualClock(Batches.NOW);
        try (LogDirectory logs =
                Directories.open(directory.resolve("data"), Batches.config(), clock)) {
            PartitionLog log =
                    logs.open(new TopicPartition("orders", 0), Uuid.ONE_UUID, Batches.config());
            log.appendAsLeader(Batches.of("a", "b"), 0, Origin.CLIENT);
            log.flush();
            Segment active = log.cleaning().view().active();

            logs.letRest();
            logs.letRest();
            assertThat(active.file().isOpen()).isFalse();
            log.appendAsLeader(Batches.of("c"), 0, Origin.CLIENT);

            assertThat(Batches.all(log)).containsExactly("0=a", "1=b", "2=c");
        }
    }
}
