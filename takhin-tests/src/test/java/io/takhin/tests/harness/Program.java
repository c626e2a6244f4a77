package io.takhin.tests.harness;

import java.nio.file.Files;
import java.nio.file.Path;

/** Where the program under test lies. */
public final class Program {
    private static final Path ROOT = findRoot();

    private Program() {}

    /** The repository. */
    public static Path root() {
        return ROOT;
    }

    /** The launcher; {@code -Dtakhin.test.program} names another build of it. */
    public static Path launcher() {
        String named = System.getProperty("takhin.test.program", "");
        return named.isEmpty() ? ROOT.resolve("takhin") : Path.of(named);
    }

    /** The program as the build left it. */
    public static Path built() {
        return ROOT.resolve("build/takhin");
    }

    /** The configuration that is shipped beside the launcher. */
    public static Path shippedConfig() {
        return launcher().resolveSibling("configs/takhin.yaml");
    }

    /** A folder below the build's output. */
    static Path target(String module, String folder) {
        return ROOT.resolve(module).resolve("target").resolve(folder);
    }

    private static Path findRoot() {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.isDirectory(folder.resolve("takhin-tests"))) {
            folder = folder.getParent();
        }
        if (folder == null) {
            throw new IllegalStateException(
                    "not inside the repository: " + Path.of("").toAbsolutePath());
        }
        return folder;
    }
}
