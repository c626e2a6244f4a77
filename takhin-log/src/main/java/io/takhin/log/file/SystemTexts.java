package io.takhin.log.file;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How the C library calls some errors, which is all that Java tells of them: in English, and in the
 * language of the machine. Asked for when an error first comes, so that a start does not pay for
 * it.
 */
final class SystemTexts {
    private static final Logger log = LoggerFactory.getLogger(SystemTexts.class);

    // As Linux has them on all processors.
    private static final int ENFILE = 23;
    private static final int EMFILE = 24;
    private static final int ENOSPC = 28;
    private static final int EDQUOT = 122;

    /** What there is no more space for. */
    static final List<String> OF_SPACE;

    /** No descriptor is left, of the process or of the system. */
    static final List<String> OF_DESCRIPTORS;

    static {
        Stream<String> space = Stream.of("No space left on device", "Disk quota exceeded");
        Stream<String> descriptors = Stream.of("Too many open files");
        if (System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("linux")) {
            space = Stream.concat(space, ofSystem(ENOSPC, EDQUOT));
            descriptors = Stream.concat(descriptors, ofSystem(EMFILE, ENFILE));
        }
        OF_SPACE = space.distinct().toList();
        OF_DESCRIPTORS = descriptors.distinct().toList();
    }

    private SystemTexts() {}

    private static Stream<String> ofSystem(int... errors) {
        try {
            MethodHandle strerror = strerror();
            Stream.Builder<String> texts = Stream.builder();
            for (int error : errors) {
                MemorySegment text = (MemorySegment) strerror.invokeExact(error);
                texts.add(text.getString(0, charset()));
            }
            return texts.build();
        } catch (Throwable e) {
            log.warn("the system does not say what it calls a full disk: {}", e.toString());
            return Stream.of();
        }
    }

    @SuppressWarnings("restricted") // Signature as in the C header; the text ends with a zero.
    private static MethodHandle strerror() {
        Linker linker = Linker.nativeLinker();
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow("strerror"),
                FunctionDescriptor.of(
                        ValueLayout.ADDRESS.withTargetLayout(
                                MemoryLayout.sequenceLayout(1024, ValueLayout.JAVA_BYTE)),
                        ValueLayout.JAVA_INT));
    }

    /** With which Java reads these texts. */
    private static Charset charset() {
        return Charset.forName(System.getProperty("sun.jnu.encoding", ""), StandardCharsets.UTF_8);
    }
}
