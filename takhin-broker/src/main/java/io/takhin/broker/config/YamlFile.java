package io.takhin.broker.config;

import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/**
 * The configuration file, flattened: each dot of a key is a level of nesting. The file is read to
 * nodes, not to objects, because only nodes know their lines.
 */
final class YamlFile {
    private final String name;
    private final List<Given> given = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private final Map<String, Integer> linesByKey = new HashMap<>();

    private YamlFile(String name) {
        this.name = name;
    }

    /** Reads a whole file; what is wrong with its form is added to the problems. */
    static List<Given> read(Path path, List<String> problems) throws IOException {
        return read(path.toString(), Files.readString(path), problems);
    }

    static List<Given> read(String name, String content, List<String> problems) {
        YamlFile file = new YamlFile(name);
        file.parse(content);
        problems.addAll(file.problems);
        return file.given;
    }

    private void parse(String content) {
        try {
            new Compose(LoadSettings.builder().setLabel(name).build())
                    .composeReader(new StringReader(content))
                    .ifPresent(this::readRoot);
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(YamlFile::lineOf).orElse(1);
            problems.add(name + ":" + line + ": not YAML: " + e.getProblem());
        } catch (YamlEngineException e) {
            problems.add(name + ": not YAML: " + e.getMessage());
        }
    }

    private void readRoot(Node root) {
        if (root instanceof MappingNode mapping) {
            readMapping("", mapping);
        } else if (!isNull(root)) {
            problems.add(at(root) + "expected settings in the form 'key: value'");
        }
    }

    private void readMapping(String prefix, MappingNode mapping) {
        for (NodeTuple tuple : mapping.getValue()) {
            if (tuple.getKeyNode() instanceof ScalarNode key) {
                readValue(prefix + key.getValue(), key, tuple.getValueNode());
            } else {
                problems.add(at(tuple.getKeyNode()) + "a key must be a plain word");
            }
        }
    }

    private void readValue(String key, Node keyNode, Node value) {
        switch (value) {
            case MappingNode mapping when !mapping.getValue().isEmpty() ->
                    readMapping(key + ".", mapping);
            case SequenceNode sequence -> readSequence(key, keyNode, sequence);
            case ScalarNode scalar when !isNull(scalar) ->
                    add(key, keyNode, List.of(scalar.getValue()), false);
            default -> problems.add(at(keyNode) + key + " has no value");
        }
    }

    private void readSequence(String key, Node keyNode, SequenceNode sequence) {
        List<String> texts = new ArrayList<>();
        for (Node element : sequence.getValue()) {
            if (element instanceof ScalarNode scalar) {
                texts.add(scalar.getValue());
            } else {
                problems.add(at(element) + key + " takes plain values, not nested ones");
            }
        }
        add(key, keyNode, texts, true);
    }

    private void add(String key, Node keyNode, List<String> texts, boolean isSequence) {
        int line = lineOf(keyNode);
        Integer before = linesByKey.putIfAbsent(key, line);
        if (before == null) {
            given.add(new Given(key, texts, isSequence, new Origin.InFile(name, line)));
        } else {
            problems.add(at(keyNode) + key + " was already given in line " + before);
        }
    }

    private static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    private String at(Node node) {
        return name + ":" + lineOf(node) + ": ";
    }

    private static int lineOf(Node node) {
        return node.getStartMark().map(YamlFile::lineOf).orElse(1);
    }

    /** Marks count lines from 0, people from 1. */
    private static int lineOf(Mark mark) {
        return mark.getLine() + 1;
    }
}
