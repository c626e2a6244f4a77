package io.takhin.metadata;

import java.util.AbstractMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterableConfig;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.ApiError;
import org.apache.kafka.controller.Controller;
import org.apache.kafka.controller.ControllerRequestContext;
import org.jspecify.annotations.Nullable;

/**
 * Changes of settings: piece by piece (KIP-339), or all of a resource at once (the old
 * AlterConfigs). Each resource of a request succeeds or fails by itself; one that is named twice
 * fails.
 */
final class ConfigurationChange {
    private static final ApiError TWICE =
            new ApiError(Errors.INVALID_REQUEST, "Duplicate resource in the request.");
    private static final ApiError SETTING_TWICE =
            new ApiError(Errors.INVALID_REQUEST, "Duplicate setting for one resource.");

    private final Controller controller;

    ConfigurationChange(Controller controller) {
        this.controller = controller;
    }

    CompletableFuture<IncrementalAlterConfigsResponseData> change(
            ControllerRequestContext context, IncrementalAlterConfigsRequestData request) {
        Map<ConfigResource, ApiError> refused = new HashMap<>();
        Map<ConfigResource, Map<String, Map.Entry<OpType, String>>> wanted = new HashMap<>();
        Set<ConfigResource> seen = new HashSet<>();
        for (AlterConfigsResource resource : request.resources()) {
            ConfigResource key = resource(resource.resourceType(), resource.resourceName());
            if (!seen.add(key)) {
                refused.put(key, TWICE);
                continue;
            }
            Map<String, Map.Entry<OpType, String>> operations = new HashMap<>();
            ApiError error = collect(resource, operations);
            if (error == null) {
                wanted.put(key, operations);
            } else {
                refused.put(key, error);
            }
        }
        wanted.keySet().removeAll(refused.keySet());
        return controller
                .incrementalAlterConfigs(context, wanted, request.validateOnly(), false)
                .thenApply(outcomes -> changeAnswer(refused, outcomes));
    }

    private static @Nullable ApiError collect(
            AlterConfigsResource resource, Map<String, Map.Entry<OpType, String>> operations) {
        for (AlterableConfig setting : resource.configs()) {
            OpType operation = OpType.forId(setting.configOperation());
            if (operation == null) {
                return new ApiError(
                        Errors.INVALID_REQUEST,
                        "Unknown operation "
                                + setting.configOperation()
                                + " for "
                                + setting.name());
            }
            if (operations.put(setting.name(), entry(operation, setting.value())) != null) {
                return SETTING_TWICE;
            }
        }
        return null;
    }

    /** Unlike Map.entry this one may hold the null of a deletion. */
    private static Map.Entry<OpType, String> entry(OpType operation, @Nullable String value) {
        return new AbstractMap.SimpleImmutableEntry<>(operation, value);
    }

    private static IncrementalAlterConfigsResponseData changeAnswer(
            Map<ConfigResource, ApiError> refused, Map<ConfigResource, ApiError> outcomes) {
        IncrementalAlterConfigsResponseData answer = new IncrementalAlterConfigsResponseData();
        Map<ConfigResource, ApiError> all = new HashMap<>(outcomes);
        all.putAll(refused);
        all.forEach((resource, error) ->
                answer.responses()
                        .add(
                                new IncrementalAlterConfigsResponseData
                                                .AlterConfigsResourceResponse()
                                        .setResourceType(resource.type().id())
                                        .setResourceName(resource.name())
                                        .setErrorCode(error.error().code())
                                        .setErrorMessage(error.message())));
        return answer;
    }

    CompletableFuture<AlterConfigsResponseData> replace(
            ControllerRequestContext context, AlterConfigsRequestData request) {
        Map<ConfigResource, ApiError> refused = new HashMap<>();
        Map<ConfigResource, Map<String, String>> wanted = new HashMap<>();
        Set<ConfigResource> seen = new HashSet<>();
        for (AlterConfigsRequestData.AlterConfigsResource resource : request.resources()) {
            ConfigResource key = resource(resource.resourceType(), resource.resourceName());
            Map<String, String> settings = new HashMap<>();
            if (!seen.add(key)) {
                refused.put(key, TWICE);
            }
            for (AlterConfigsRequestData.AlterableConfig setting : resource.configs()) {
                if (settings.put(setting.name(), setting.value()) != null) {
                    refused.putIfAbsent(key, SETTING_TWICE);
                }
            }
            wanted.put(key, settings);
        }
        wanted.keySet().removeAll(refused.keySet());
        return controller
                .legacyAlterConfigs(context, wanted, request.validateOnly(), false)
                .thenApply(outcomes -> replaceAnswer(refused, outcomes));
    }

    private static AlterConfigsResponseData replaceAnswer(
            Map<ConfigResource, ApiError> refused, Map<ConfigResource, ApiError> outcomes) {
        AlterConfigsResponseData answer = new AlterConfigsResponseData();
        Map<ConfigResource, ApiError> all = new HashMap<>(outcomes);
        all.putAll(refused);
        all.forEach((resource, error) ->
                answer.responses()
                        .add(
                                new AlterConfigsResponseData.AlterConfigsResourceResponse()
                                        .setResourceType(resource.type().id())
                                        .setResourceName(resource.name())
                                        .setErrorCode(error.error().code())
                                        .setErrorMessage(error.message())));
        return answer;
    }

    private static ConfigResource resource(byte type, String name) {
        return new ConfigResource(ConfigResource.Type.forId(type), name);
    }
}
