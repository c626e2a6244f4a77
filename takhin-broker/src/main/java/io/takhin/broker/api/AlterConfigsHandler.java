package io.takhin.broker.api;

import io.takhin.network.Exchange;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
import org.apache.kafka.common.protocol.Errors;

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
        if (sorted.forController().isEmpty()) {
            exchange.reply(withSettled(new AlterConfigsResponseData(), sorted));
            return;
        }
        Controller.Session session =
                controller.session(Controller.callerOf(exchange), TIMEOUT_MILLIS);
        Answers.give(
                exchange,
                session.ask(question(request, sorted), AlterConfigsResponseData.class)
                        .thenApply(answer -> taken(answer, sorted, request.validateOnly())),
                problem -> withSettled(failed(sorted, problem), sorted));
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

    private AlterConfigsResponseData taken(
            AlterConfigsResponseData answer, ConfigAlteration.Sorted sorted, boolean validateOnly) {
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

    private static AlterConfigsResponseData failed(
            ConfigAlteration.Sorted sorted, Problem problem) {
        AlterConfigsResponseData answer = new AlterConfigsResponseData();
        for (ConfigChange change : sorted.forController()) {
            answer.responses().add(response(change.resource(), Optional.of(problem)));
        }
        return answer;
    }

    private static AlterConfigsResponseData withSettled(
            AlterConfigsResponseData answer, ConfigAlteration.Sorted sorted) {
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
