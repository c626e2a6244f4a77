package io.takhin.broker.api;

import io.takhin.network.Exchange;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
import org.apache.kafka.common.protocol.Errors;

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
        if (sorted.forController().isEmpty()) {
            exchange.reply(withSettled(new IncrementalAlterConfigsResponseData(), sorted));
            return;
        }
        Controller.Session session =
                controller.session(Controller.callerOf(exchange), TIMEOUT_MILLIS);
        Answers.give(
                exchange,
                session.ask(question(request, sorted), IncrementalAlterConfigsResponseData.class)
                        .thenApply(answer -> taken(answer, sorted, request.validateOnly())),
                problem -> withSettled(failed(sorted, problem), sorted));
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

    private IncrementalAlterConfigsResponseData taken(
            IncrementalAlterConfigsResponseData answer,
            ConfigAlteration.Sorted sorted,
            boolean validateOnly) {
        for (ConfigChange change : sorted.forController()) {
            boolean done =
                    answer.responses().stream()
                            .filter(it -> it.resourceName().equals(change.resource().name()))
                            .filter(it -> it.resourceType() == change.resource().type().id())
                            .anyMatch(it -> it.errorCode() == Errors.NONE.code());
            if (done && !validateOnly) {
                alteration.taken(change);
            }
        }
        return withSettled(answer, sorted);
    }

    private static IncrementalAlterConfigsResponseData failed(
            ConfigAlteration.Sorted sorted, Problem problem) {
        IncrementalAlterConfigsResponseData answer = new IncrementalAlterConfigsResponseData();
        for (ConfigChange change : sorted.forController()) {
            answer.responses().add(response(change.resource(), Optional.of(problem)));
        }
        return answer;
    }

    private static IncrementalAlterConfigsResponseData withSettled(
            IncrementalAlterConfigsResponseData answer, ConfigAlteration.Sorted sorted) {
        sorted.settled()
                .forEach(
                        (resource, problem) -> answer.responses().add(response(resource, problem)));
        return answer;
    }

    private static AlterConfigsResourceResponse response(
            ConfigResource resource, Optional<Problem> problem) {
        AlterConfigsResourceResponse response =
                new AlterConfigsResourceResponse()
                        .setResourceType(resource.type().id())
                        .setResourceName(resource.name());
        problem.ifPresent(why -> response.setErrorCode(why.code()).setErrorMessage(why.message()));
        return response;
    }
}
