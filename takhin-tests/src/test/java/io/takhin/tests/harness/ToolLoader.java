package io.takhin.tests.harness;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Stream;

/**
 * Runs a tool's {@code main} inside this JVM, on a class path that shares nothing with the tests. A
 * JVM of its own would cost a second of processor time for each of some sixty runs.
 *
 * <p>While a tool runs it owns the standard streams and {@code Exit} of its class path; so one runs
 * at a time.
 */
final class ToolLoader {
    private static final ToolLoader INSTANCE = new ToolLoader();

    private final ReentrantLock running = new ReentrantLock();
    private final SwitchedStream out = new SwitchedStream();
    private final SwitchedStream err = new SwitchedStream();
    private final PrintStream outPrinter = new PrintStream(out, true, StandardCharsets.UTF_8);
    private final PrintStream errPrinter = new PrintStream(err, true, StandardCharsets.UTF_8);
    private final ClassLoader classes;
    private final ExitCode exitCode = new ExitCode();
    private final List<Runnable> hooks = new CopyOnWriteArrayList<>();

    private ToolLoader() {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        classes = new URLClassLoader("kafka-tools", jars(), ClassLoader.getPlatformClassLoader());
        catchExits();
    }

    static ToolLoader get() {
        return INSTANCE;
    }

    ToolRun run(String mainClass, String input, List<String> arguments) {
        String command = mainClass.substring(mainClass.lastIndexOf('.') + 1) + arguments;
        running.lock();
        PrintStream oldOut = System.out;
        PrintStream oldErr = System.err;
        InputStream oldIn = System.in;
        Thread thread = Thread.currentThread();
        ClassLoader oldLoader = thread.getContextClassLoader();
        try {
            System.setOut(outPrinter);
            System.setErr(errPrinter);
            System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
            thread.setContextClassLoader(classes);
            exitCode.forget();
            call(mainClass, arguments.toArray(String[]::new));
            runHooks();
        } finally {
            System.setOut(oldOut);
            System.setErr(oldErr);
            System.setIn(oldIn);
            thread.setContextClassLoader(oldLoader);
            running.unlock();
        }
        return new ToolRun(command, exitCode.first(), out.drain(), err.drain());
    }

    private void call(String mainClass, String[] arguments) {
        try {
            Method main = classes.loadClass(mainClass).getMethod("main", String[].class);
            main.invoke(null, (Object) arguments);
        } catch (InvocationTargetException e) {
            if (!(e.getCause() instanceof ToolExit)) {
                exitCode.remember(1);
                e.printStackTrace(errPrinter);
            }
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("no tool " + mainClass, e);
        }
    }

    /** The console producer sends its last lines only in its hook. */
    private void runHooks() {
        hooks.forEach(Runnable::run);
        hooks.clear();
    }

    /** A tool that exits must not take the tests with it. */
    private void catchExits() {
        setOnExit(
                "setExitProcedure",
                "Procedure",
                (_, _, args) -> {
                    exitCode.remember((Integer) args[0]);
                    throw new ToolExit();
                });
        setOnExit(
                "setShutdownHookAdder",
                "ShutdownHookAdder",
                (_, _, args) -> {
                    hooks.add((Runnable) args[1]);
                    return null;
                });
    }

    private void setOnExit(String setter, String type, InvocationHandler handler) {
        try {
            Class<?> exit = classes.loadClass("org.apache.kafka.common.utils.Exit");
            Class<?> wanted = classes.loadClass(exit.getName() + "$" + type);
            Object proxy = Proxy.newProxyInstance(classes, new Class<?>[] {wanted}, handler);
            exit.getMethod(setter, wanted).invoke(null, proxy);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("Kafka's Exit is not as expected", e);
        }
    }

    private static URL[] jars() {
        try (Stream<Path> files = Files.list(KafkaTools.jarFolder())) {
            return files.map(ToolLoader::url).toArray(URL[]::new);
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "Kafka's tools are missing: build takhin-kafka-tools", e);
        }
    }

    private static URL url(Path file) {
        try {
            return file.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Unwinds a tool that called exit. */
    private static final class ToolExit extends RuntimeException {
        ToolExit() {
            super("exit", null, false, false);
        }
    }
}
