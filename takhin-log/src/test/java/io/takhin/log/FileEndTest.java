package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.log.file.DurablePaths;
import io.takhin.log.file.FileEnd;
import io.takhin.log.file.PartitionFiles;
import io.takhin.log.file.SharedFile;
import io.takhin.testkit.Seeded;
import io.takhin.testkit.disk.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.random.RandomGenerator;

/** What found no room altogether leaves nothing, whatever of it the disk has got already. */
class FileEndTest {
    @Seeded(runs = 300)
    void whatWasTakenBackIsNotThereAfterAPowerCut(RandomGenerator random) throws IOException {
        SimulatedDisk disk = new SimulatedDisk(random);
        SharedFile file =
                new SharedFile(Directories.openFiles(10), disk.root(), 0, PartitionFiles.LOG);
        file.acquireOrCreate();
        FileEnd.append(file, 0, ByteBuffer.wrap(new byte[100]));
        file.sync();
        DurablePaths.sync(disk.root());
        disk.leaveFree(1000);

        assertThatThrownBy(() -> FileEnd.append(file, 100, ByteBuffer.wrap(new byte[2000])))
                .hasMessageContaining("No space left");
        disk.cutPower();
        file.retire();
        file.release();
        disk.restart();

        assertThat(PartitionFiles.log(disk.root(), 0)).hasSize(100);
    }
}
