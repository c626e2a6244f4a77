package io.takhin.tests.rules;

import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.LineMap;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.jspecify.annotations.Nullable;

/** Reads sources with the compiler's own parser and tells how long their methods are. */
final class MethodSizes {
    /** One method or constructor. */
    record Method(Path file, String name, int lines, int parameters) {
        @Override
        public String toString() {
            return "%s %s: %d lines, %d parameters"
                    .formatted(Sources.name(file), name, lines, parameters);
        }
    }

    private MethodSizes() {}

    static List<Method> of(List<Path> files) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        List<Method> methods = new ArrayList<>();
        try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
            JavacTask task =
                    (JavacTask)
                            compiler.getTask(
                                    null,
                                    manager,
                                    null,
                                    List.of("-proc:none"),
                                    null,
                                    manager.getJavaFileObjectsFromPaths(files));
            SourcePositions positions = Trees.instance(task).getSourcePositions();
            for (CompilationUnitTree unit : task.parse()) {
                new Scanner(unit, positions, methods).scan(unit, null);
            }
        }
        return methods;
    }

    private static final class Scanner extends TreeScanner<@Nullable Void, @Nullable Void> {
        private final CompilationUnitTree unit;
        private final SourcePositions positions;
        private final List<Method> methods;
        private String owner = "";
        private boolean ownerIsRecord;

        Scanner(CompilationUnitTree unit, SourcePositions positions, List<Method> methods) {
            this.unit = unit;
            this.positions = positions;
            this.methods = methods;
        }

        @Override
        public @Nullable Void visitClass(ClassTree type, @Nullable Void nothing) {
            String outer = owner;
            boolean outerIsRecord = ownerIsRecord;
            ownerIsRecord = type.getKind() == Tree.Kind.RECORD;
            owner = type.getSimpleName().toString();
            super.visitClass(type, null);
            owner = outer;
            ownerIsRecord = outerIsRecord;
            return null;
        }

        @Override
        public @Nullable Void visitMethod(MethodTree method, @Nullable Void nothing) {
            LineMap lines = unit.getLineMap();
            long first = lines.getLineNumber(positions.getStartPosition(unit, method));
            long last = lines.getLineNumber(positions.getEndPosition(unit, method));
            methods.add(
                    new Method(
                            Path.of(unit.getSourceFile().toUri()),
                            owner + "." + method.getName(),
                            (int) (last - first + 1),
                            parameters(method)));
            return super.visitMethod(method, null);
        }

        /** A record's constructor takes its components, and those are its fields. */
        private int parameters(MethodTree method) {
            boolean isOfRecord = ownerIsRecord && method.getName().contentEquals("<init>");
            return isOfRecord ? 0 : method.getParameters().size();
        }
    }
}
