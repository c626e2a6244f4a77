package io.takhin.log.file;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.file.FileSystemException;
import java.nio.file.FileSystems;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Linux' syncfs(2): makes a whole file system durable in one call. Linked when it is first used, so
 * that a start does not pay for it.
 *
 * <p>The descriptor stays open: Linux tells each of those that were open when a write failed. To
 * one opened afterwards it says nothing, if another program has heard of it meanwhile.
 *
 * <p>Threads: any; none while it is closed.
 */
public final class Syncfs implements AutoCloseable {
    private static final int O_RDONLY = 0;
    private static final int ENFILE = 23;
    private static final int EMFILE = 24;

    /** Before 5.8 syncfs hides write errors. */
    private static final int KERNEL_MAJOR = 5;

    private static final int KERNEL_MINOR = 8;

    /**
     * What fstatfs(2) calls the file systems that write all they have and tell of what they could
     * not write: ext2 to ext4, xfs, btrfs, f2fs, and tmpfs and ramfs, which write nothing. An
     * overlay has no errors of its own and does not pass on those from below, FUSE and 9p may not
     * even write (ADR 14).
     */
    private static final Set<Long> KNOWN_GOOD =
            Set.of(0xEF53L, 0x58465342L, 0x9123683EL, 0xF2F52010L, 0x01021994L, 0x858458F6L);

    /** More than struct statfs has anywhere; the type is its first member. */
    private static final int STATFS_BYTES = 512;

    private final Functions functions;
    private final Path directory;
    private final int descriptor;

    private Syncfs(Functions functions, Path directory, int descriptor) {
        this.functions = functions;
        this.directory = directory;
        this.descriptor = descriptor;
    }

    /** The C functions; null where the system has none that can be trusted. */
    private static final class Functions {
        static final @Nullable Functions LINKED = link();

        final MethodHandle open;
        final MethodHandle fstatfs;
        final MethodHandle syncfs;
        final MethodHandle close;
        final VarHandle errno;
        final StructLayout state;

        @SuppressWarnings("restricted") // Signatures as in the C headers.
        private Functions(Linker linker, SymbolLookup lookup) {
            Linker.Option capture = Linker.Option.captureCallState("errno");
            state = Linker.Option.captureStateLayout();
            errno = state.varHandle(MemoryLayout.PathElement.groupElement("errno"));
            open =
                    linker.downcallHandle(
                            lookup.findOrThrow("open"),
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.ADDRESS,
                                    ValueLayout.JAVA_INT),
                            capture,
                            Linker.Option.firstVariadicArg(2));
            fstatfs =
                    linker.downcallHandle(
                            lookup.findOrThrow("fstatfs"),
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.JAVA_INT,
                                    ValueLayout.ADDRESS),
                            capture);
            FunctionDescriptor ofDescriptor =
                    FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
            syncfs = linker.downcallHandle(lookup.findOrThrow("syncfs"), ofDescriptor, capture);
            close = linker.downcallHandle(lookup.findOrThrow("close"), ofDescriptor, capture);
        }

        private static @Nullable Functions link() {
            if (!isKernelKnownGood()) {
                return null;
            }
            Linker linker = Linker.nativeLinker();
            SymbolLookup lookup = linker.defaultLookup();
            return lookup.find("syncfs").isPresent() ? new Functions(linker, lookup) : null;
        }
    }

    private static boolean isKernelKnownGood() {
        if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).startsWith("linux")) {
            return false;
        }
        String[] version = System.getProperty("os.version", "0.0").split("[.-]", -1);
        int major = Integer.parseInt(version[0]);
        int minor = Integer.parseInt(version[1]);
        return major > KERNEL_MAJOR || (major == KERNEL_MAJOR && minor >= KERNEL_MINOR);
    }

    /** The file system that holds the directory; null where syncfs cannot be trusted. */
    public static @Nullable Syncfs open(Path directory) throws IOException {
        Functions functions = Functions.LINKED;
        if (functions == null || !directory.getFileSystem().equals(FileSystems.getDefault())) {
            return null;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(functions.state);
            MemorySegment path = arena.allocateFrom(directory.toString());
            int descriptor = (int) functions.open.invokeExact(state, path, O_RDONLY);
            if (descriptor < 0) {
                throw failed("open", directory, functions, state);
            }
            Syncfs opened = new Syncfs(functions, directory, descriptor);
            if (opened.isKnownGood()) {
                return opened;
            }
            opened.close();
            return null;
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a C function threw", e);
        }
    }

    private boolean isKnownGood() throws Throwable {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(functions.state);
            MemorySegment statfs = arena.allocate(STATFS_BYTES, Long.BYTES);
            int result = (int) functions.fstatfs.invokeExact(state, descriptor, statfs);
            return result == 0 && KNOWN_GOOD.contains(statfs.get(ValueLayout.JAVA_LONG, 0));
        }
    }

    /** Returns when everything on the file system is durable that was written before the call. */
    public void sync() throws IOException {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = arena.allocate(functions.state);
            int result = (int) functions.syncfs.invokeExact(state, descriptor);
            if (result != 0) {
                throw failed("syncfs", directory, functions, state);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a C function threw", e);
        }
    }

    @Override
    public void close() {
        try (Arena arena = Arena.ofConfined()) {
            // Nothing was written through it that could be lost.
            int _ = (int) functions.close.invokeExact(arena.allocate(functions.state), descriptor);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a C function threw", e);
        }
    }

    private static IOException failed(
            String call, Path directory, Functions functions, MemorySegment state) {
        int errno = (int) functions.errno.get(state, 0L);
        if (errno == EMFILE || errno == ENFILE) {
            return new FileSystemException(directory.toString(), null, "Too many open files");
        }
        return new IOException(call + " of " + directory + " failed with error " + errno);
    }
}
