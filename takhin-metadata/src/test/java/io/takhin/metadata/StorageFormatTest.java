package io.takhin.metadata;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import java.util.stream.Stream;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.apache.kafka.server.common.MetadataVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Kafka's own classes read what a first start writes. */
class StorageFormatTest {
    @TempDir private Path directory;

    @Test
    void kafkaReadsWhoseTheDirectoryIs() throws Exception {
        MetadataSettings settings = LoneNode.settings(directory, "a=b: #c\\d!", SettingRules.NONE);

        StorageFormat format = StorageFormat.open(settings);

        Properties found =
                PropertiesUtils.readPropertiesFile(directory.resolve("meta.properties").toString());
        MetaProperties identity = new MetaProperties.Builder(found).build();
        assertThat(identity.clusterId()).contains("a=b: #c\\d!");
        assertThat(identity.nodeId()).hasValue(1);
        assertThat(identity.directoryId()).contains(format.directoryId());
        assertThat(StorageFormat.open(settings).clusterId()).isEqualTo(format.clusterId());
    }

    @Test
    void kafkaReadsTheRecordsTheClusterBeginsWith() throws Exception {
        StorageFormat format =
                StorageFormat.open(LoneNode.settings(directory, null, SettingRules.NONE));

        BootstrapMetadata found = new BootstrapDirectory(directory.toString()).read();

        assertThat(found.records()).isEqualTo(format.bootstrap().records()).isNotEmpty();
        assertThat(found.metadataVersion()).isEqualTo(MetadataVersion.latestProduction());
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("meta.properties", "bootstrap.checkpoint");
        }
    }
}
