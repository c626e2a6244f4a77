package io.takhin.tests.migration;

import io.takhin.tests.harness.KafkaTools;
import io.takhin.tests.harness.ToolRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What {@code kafka-dump-log} says of every file of a data directory that it can read.
 *
 * @param kinds endings of the files that it read
 * @param complaints what it found wrong
 */
record Dump(Set<String> kinds, List<String> complaints) {
    private static final List<String> KINDS =
            List.of(".log", ".index", ".timeindex", ".txnindex", ".snapshot", ".checkpoint");
    private static final String METADATA = "__cluster_metadata-0";

    static Dump of(Path dataDirectory) throws IOException {
        Set<String> kinds = new TreeSet<>();
        List<String> complaints = new ArrayList<>();
        for (String kind : KINDS) {
            List<Path> files = Folders.files(dataDirectory, kind);
            read(files.stream().filter(file -> !isOfMetadata(file)).toList(), complaints);
            // Of the metadata log the tool decodes records, but takes its other files for others.
            List<Path> metadata = files.stream().filter(Dump::isOfMetadata).toList();
            boolean records = kind.equals(".log") || kind.equals(".checkpoint");
            read(metadata, complaints, records ? "--cluster-metadata-decoder" : "--deep-iteration");
            if (!files.isEmpty()) {
                kinds.add(kind);
            }
        }
        return new Dump(kinds, complaints);
    }

    private static boolean isOfMetadata(Path file) {
        return file.getParent().getFileName().toString().equals(METADATA);
    }

    private static void read(List<Path> files, List<String> complaints, String... more) {
        if (files.isEmpty()) {
            return;
        }
        List<String> arguments = new ArrayList<>(List.of(more));
        arguments.add("--files");
        arguments.add(files.stream().map(Path::toString).collect(Collectors.joining(",")));
        ToolRun run = KafkaTools.dumpLog(arguments.toArray(String[]::new));
        run.all()
                .lines()
                .filter(line ->
                        line.contains("isvalid: false")
                                || line.contains("Mismatches")
                                || line.contains("Could not")
                                || line.contains("Non-consecutive")
                                || line.contains("Exception"))
                .forEach(complaints::add);
        if (run.exitCode() != 0) {
            complaints.add(run.toString());
        }
    }
}
