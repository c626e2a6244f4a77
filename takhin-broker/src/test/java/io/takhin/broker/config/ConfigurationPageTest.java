package io.takhin.broker.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class ConfigurationPageTest {
    private static final Path PAGE = Path.of("../docs/configuration.md");

    /** Rewrite the page with {@code -Dtakhin.docs.write=true}. */
    @Test
    void thePageIsWhatTheTableSays() throws IOException {
        if (Boolean.getBoolean("takhin.docs.write")) {
            Files.writeString(PAGE, ConfigurationPage.markdown());
        }

        assertThat(PAGE).content().isEqualTo(ConfigurationPage.markdown());
    }
}
