package io.takhin.tests.harness;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestWatcher;

/** Starts the broker of a {@link BrokerTest}; prints its last lines when one of the tests fails. */
final class SharedBroker implements BeforeAllCallback, ParameterResolver, TestWatcher {
    private static final ExtensionContext.Namespace NAMESPACE =
            ExtensionContext.Namespace.create(SharedBroker.class);

    @Override
    public void beforeAll(ExtensionContext context) throws IOException {
        // The store closes what it holds when the last test of the class has ended.
        context.getStore(NAMESPACE).put(Broker.class, Aim.isExternal() ? external() : own(context));
    }

    private static Broker external() {
        return new External(Aim.externalBootstrap());
    }

    private static OwnBroker own(ExtensionContext context) throws IOException {
        Path home = Files.createTempDirectory("takhin-test-");
        TakhinSetup setup = TakhinSetup.in(home);
        BrokerTest annotation = context.getRequiredTestClass().getAnnotation(BrokerTest.class);
        for (String variable : annotation.environment()) {
            int equals = variable.indexOf('=');
            setup =
                    setup.withEnvironment(
                            variable.substring(0, equals), variable.substring(equals + 1));
        }
        return new OwnBroker(setup.start(), home);
    }

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Broker.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        return broker(context);
    }

    @Override
    public void testFailed(ExtensionContext context, @Nullable Throwable cause) {
        System.err.printf(
                "%s failed; the broker's last lines:%n%s%n",
                context.getDisplayName(), broker(context).recentOutput());
    }

    private static Broker broker(ExtensionContext context) {
        return requireNonNull(context.getStore(NAMESPACE).get(Broker.class, Broker.class));
    }

    private record External(String bootstrap) implements Broker {
        @Override
        public String recentOutput() {
            return "(not started by these tests)";
        }
    }

    private record OwnBroker(TakhinProcess process, Path home) implements Broker, AutoCloseable {
        @Override
        public String bootstrap() {
            return process.bootstrap();
        }

        @Override
        public String recentOutput() {
            return process.recentOutput();
        }

        @Override
        public void close() throws IOException {
            process.close();
            Files.walkFileTree(home, new Deletion());
        }
    }

    private static final class Deletion extends SimpleFileVisitor<Path> {
        @Override
        public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
                throws IOException {
            Files.delete(file);
            return FileVisitResult.CONTINUE;
        }

        @Override
        public FileVisitResult postVisitDirectory(Path folder, IOException failure)
                throws IOException {
            Files.delete(folder);
            return FileVisitResult.CONTINUE;
        }
    }
}
