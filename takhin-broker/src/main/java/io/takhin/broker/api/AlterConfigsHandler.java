package io.takhin.broker.api;

import io.takhin.network.Exchange;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResourceCollection;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;

/** AlterConfigs (KIP-133): replaces all settings of a resource. Older tools use it. */
public final class AlterConfigsHandler implements ApiHandler {
    private static final int TIMEOUT_MILLIS = 30_000;

    private final Controller controller;
    private final ConfigAlteration alteration;

    public AlterConfigsHandler(Controller controller, ConfigAlteration alteration) {
        this.controller = controller;
        this.alteration = alteration;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.ALTER_CONFIGS;
    }

    @Override
    public void handle(Exchange exchange) {
        AlterConfigsRequestData request = (AlterConfigsRequestData) exchange.request().body();
        List<ConfigChange> changes =
                request.resources().stream().map(AlterConfigsHandler::change).toList();
        ConfigAlteration.Sorted sorted = alteration.sort(changes, request.validateOnly());
        alteration.carryOut(
                exchange,
                sorted,
                request.validateOnly(),
                () ->
                        controller
                                .session(Controller.callerOf(exchange), TIMEOUT_MILLIS)
                                .ask(question(request, sorted), AlterConfigsResponseData.class)
                                .thenApply(AlterConfigsHandler::outcomes),
                AlterConfigsHandler::answer);
    }

    private static ConfigChange change(AlterConfigsResource resource) {
        return new ConfigChange(
                resourceOf(resource),
                resource.configs().stream()
                        .map(config ->
                                new ConfigChange.Operation(
                                        config.name(), OpType.SET, config.value()))
                        .toList(),
                true);
    }

    private static ConfigResource resourceOf(AlterConfigsResource resource) {
        return new ConfigResource(
                ConfigResource.Type.forId(resource.resourceType()), resource.resourceName());
    }

    private static AlterConfigsRequestData question(
            AlterConfigsRequestData request, ConfigAlteration.Sorted sorted) {
        Map<ConfigResource, ConfigChange> wanted =
                sorted.forController().stream()
                        .collect(Collectors.toMap(ConfigChange::resource, Function.identity()));
        AlterConfigsResourceCollection resources = new AlterConfigsResourceCollection();
        for (AlterConfigsResource resource : request.resources()) {
            if (wanted.containsKey(resourceOf(resource))) {
                resources.mustAdd(resource.duplicate());
            }
        }
        return new AlterConfigsRequestData()
                .setResources(resources)
                .setValidateOnly(request.validateOnly());
    }

    private static List<ConfigAlteration.Outcome> outcomes(AlterConfigsResponseData answer) {
        return answer.responses().stream()
                .map(it ->
                        ConfigAlteration.Outcome.of(
                                it.resourceType(),
                                it.resourceName(),
                                it.errorCode(),
                                it.errorMessage()))
                .toList();
    }

    private static AlterConfigsResponseData answer(List<ConfigAlteration.Outcome> outcomes) {
        AlterConfigsResponseData answer = new AlterConfigsResponseData();
        for (ConfigAlteration.Outcome outcome : outcomes) {
            AlterConfigsResourceResponse response =
                    new AlterConfigsResourceResponse()
                            .setResourceType(outcome.resource().type().id())
                            .setResourceName(outcome.resource().name());
            outcome.problem()
                    .ifPresent(why ->
                            response.setErrorCode(why.code()).setErrorMessage(why.message()));
            answer.responses().add(response);
        }
        return answer;
    }
}
