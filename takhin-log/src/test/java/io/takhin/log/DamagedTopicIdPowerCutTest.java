package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.log.checkpoint.PartitionMetadataFile;
import io.takhin.testkit.Seeded;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.random.RandomGenerator;

/** The power goes while a start makes good that a log's directory does not say whose it is. */
class DamagedTopicIdPowerCutTest extends PowerCutFixture {
    @Seeded(runs = 100, cutsEach = 1)
    void aYoungLogKeepsItsPlace(RandomGenerator random) throws IOException {
        start(random);
        fill(2);
        log.flush();
        List<String> written = Batches.all(log);
        damageId();

        killAndCutPowerAfter(random.nextInt(60));

        assertThat(Batches.all(log)).isEqualTo(written);
        directory.close();
    }

    /** On the disk itself: no power cut brings the right byte back. */
    private void damageId() throws IOException {
        try (FileChannel file =
                FileChannel.open(
                        log.directory().resolve(PartitionMetadataFile.NAME),
                        StandardOpenOption.WRITE)) {
            file.write(ByteBuffer.wrap(new byte[] {'t' ^ 1}), "version: 0\n".length());
            file.force(true);
        }
    }
}
