package io.takhin.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.takhin.log.file.ShortageException;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The system tells that something ran out in the language of the machine. */
class ShortageTextsTest {
    private static final Path FULL = Path.of("/dev/full");

    /** Writes to a device that is always full, in a process of its own. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) {
            try (FileOutputStream full = new FileOutputStream(FULL.toFile())) {
                full.write(1);
            } catch (IOException e) {
                System.out.println(ShortageException.isOfSpace(e) + " " + e.getMessage());
            }
        }
    }

    private static String writeIn(String language) throws IOException, InterruptedException {
        ProcessBuilder writer =
                new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Writer.class.getName());
        writer.environment().put("LC_ALL", "C.UTF-8");
        // As LANG=de_DE.UTF-8 does where that locale is there.
        writer.environment().put("LANGUAGE", language);
        writer.redirectErrorStream(true);
        Process process = writer.start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
        return said;
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "de", "ja"})
    void aFullDiskIsFullInAnyLanguage(String language) throws Exception {
        assumeTrue(Files.exists(FULL));

        assertThat(writeIn(language)).contains("true ");
    }

    /** Also where the machine speaks another language: the program's own texts are English. */
    @ParameterizedTest
    @ValueSource(strings = {"No space left on device", "Disk quota exceeded"})
    void englishIsKnownEverywhere(String text) {
        assertThat(ShortageException.isOfSpace(new FileSystemException("f", null, text))).isTrue();
    }

    @Test
    void aLackOfDescriptorsIsNoneOfSpace() {
        IOException e = new FileSystemException("f", null, "Too many open files in system");

        assertThat(ShortageException.isCauseOf(e)).isTrue();
        assertThat(ShortageException.isOfDescriptors(e)).isTrue();
        assertThat(ShortageException.isOfSpace(e)).isFalse();
    }
}
