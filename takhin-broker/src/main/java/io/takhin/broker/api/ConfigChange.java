package io.takhin.broker.api;

import io.takhin.broker.topicconfig.ConfigSetting;
import io.takhin.broker.topicconfig.TopicSettings;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigResource;
import org.jspecify.annotations.Nullable;

/**
 * What somebody wants to be different about a resource.
 *
 * @param replaces whether everything not named goes back to its default (the old AlterConfigs)
 */
record ConfigChange(ConfigResource resource, List<Operation> operations, boolean replaces) {
    /** One setting's part; {@code type} is null where the number of the protocol is unknown. */
    record Operation(String name, @Nullable OpType type, @Nullable String value) {}

    /** What is wrong with the request itself, whatever it is about. */
    Optional<Problem> malformed() {
        Set<String> names = new HashSet<>();
        for (Operation operation : operations) {
            if (operation.type() == null) {
                return Optional.of(Problem.invalidRequest("Unknown operation for " + operation));
            }
            if (!names.add(operation.name())) {
                return Optional.of(Problem.invalidRequest("Error due to duplicate config keys"));
            }
        }
        String nulls =
                operations.stream()
                        .filter(it -> it.type() != OpType.DELETE && it.value() == null)
                        .map(Operation::name)
                        .collect(Collectors.joining(", "));
        return nulls.isEmpty()
                ? Optional.empty()
                : Optional.of(Problem.invalidRequest("Null value not supported for : " + nulls));
    }

    Set<String> names() {
        return operations.stream().map(Operation::name).collect(Collectors.toSet());
    }

    /**
     * What is set afterwards. Appending to what is no list changes nothing here: the controller
     * refuses that.
     */
    Map<String, String> appliedTo(Map<String, String> overrides) {
        Map<String, String> result = replaces ? new TreeMap<>() : new TreeMap<>(overrides);
        for (Operation operation : operations) {
            String value = Objects.requireNonNullElse(operation.value(), "");
            switch (Objects.requireNonNull(operation.type())) {
                case SET -> result.put(operation.name(), value);
                case DELETE -> result.remove(operation.name());
                case APPEND -> edit(result, operation.name(), value, true);
                case SUBTRACT -> edit(result, operation.name(), value, false);
            }
        }
        return result;
    }

    private static void edit(
            Map<String, String> result, String name, String value, boolean append) {
        ConfigSetting setting = TopicSettings.find(name);
        if (setting == null || setting.type() != ConfigDef.Type.LIST) {
            return;
        }
        String standard = Objects.requireNonNullElse(setting.defaultValue(), "");
        List<String> items = new ArrayList<>(items(result.getOrDefault(name, standard)));
        items.removeAll(items(value));
        if (append) {
            items.addAll(items(value));
        }
        result.put(name, String.join(",", items));
    }

    private static List<String> items(String list) {
        return Arrays.stream(list.split(",", -1))
                .map(String::strip)
                .filter(item -> !item.isEmpty())
                .toList();
    }
}
