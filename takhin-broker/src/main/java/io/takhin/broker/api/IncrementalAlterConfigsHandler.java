package io.takhin.broker.api;

import io.takhin.network.Exchange;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResourceCollection;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;

/** IncrementalAlterConfigs (KIP-339, KIP-412): changes some settings of a resource. */
public final class IncrementalAlterConfigsHandler implements ApiHandler {
    private static final int TIMEOUT_MILLIS = 30_000;

    private final Controller controller;
    private final ConfigAlteration alteration;

    public IncrementalAlterConfigsHandler(Controller controller, ConfigAlteration alteration) {
        this.controller = controller;
        this.alteration = alteration;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.INCREMENTAL_ALTER_CONFIGS;
    }

    @Override
    public void handle(Exchange exchange) {
        IncrementalAlterConfigsRequestData request =
                (IncrementalAlterConfigsRequestData) exchange.request().body();
        List<ConfigChange> changes =
                request.resources().stream().map(IncrementalAlterConfigsHandler::change).toList();
        ConfigAlteration.Sorted sorted = alteration.sort(changes, request.validateOnly());
        alteration.carryOut(
                exchange,
                sorted,
                request.validateOnly(),
                () ->
                        controller
                                .session(Controller.callerOf(exchange), TIMEOUT_MILLIS)
                                .ask(
                                        question(request, sorted),
                                        IncrementalAlterConfigsResponseData.class)
                                .thenApply(IncrementalAlterConfigsHandler::outcomes),
                IncrementalAlterConfigsHandler::answer);
    }

    private static ConfigChange change(AlterConfigsResource resource) {
        return new ConfigChange(
                resourceOf(resource),
                resource.configs().stream()
                        .map(config ->
                                new ConfigChange.Operation(
                                        config.name(),
                                        OpType.forId(config.configOperation()),
                                        config.value()))
                        .toList(),
                false);
    }

    private static ConfigResource resourceOf(AlterConfigsResource resource) {
        return new ConfigResource(
                ConfigResource.Type.forId(resource.resourceType()), resource.resourceName());
    }

    private static IncrementalAlterConfigsRequestData question(
            IncrementalAlterConfigsRequestData request, ConfigAlteration.Sorted sorted) {
        Map<ConfigResource, ConfigChange> wanted =
                sorted.forController().stream()
                        .collect(Collectors.toMap(ConfigChange::resource, Function.identity()));
        AlterConfigsResourceCollection resources = new AlterConfigsResourceCollection();
        for (AlterConfigsResource resource : request.resources()) {
            if (wanted.containsKey(resourceOf(resource))) {
                resources.mustAdd(resource.duplicate());
            }
        }
        return new IncrementalAlterConfigsRequestData()
                .setResources(resources)
                .setValidateOnly(request.validateOnly());
    }

    private static List<ConfigAlteration.Outcome> outcomes(
            IncrementalAlterConfigsResponseData answer) {
        return answer.responses().stream()
                .map(it ->
                        ConfigAlteration.Outcome.of(
                                it.resourceType(),
                                it.resourceName(),
                                it.errorCode(),
                                it.errorMessage()))
                .toList();
    }

    private static IncrementalAlterConfigsResponseData answer(
            List<ConfigAlteration.Outcome> outcomes) {
        IncrementalAlterConfigsResponseData answer = new IncrementalAlterConfigsResponseData();
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
