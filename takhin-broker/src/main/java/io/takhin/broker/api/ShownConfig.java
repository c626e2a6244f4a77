package io.takhin.broker.api;

import io.takhin.broker.topicconfig.EffectiveSetting;
import io.takhin.broker.topicconfig.EffectiveSetting.Synonym;
import io.takhin.broker.topicconfig.Source;
import java.util.List;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsResourceResult;
import org.apache.kafka.common.message.DescribeConfigsResponseData.DescribeConfigsSynonym;
import org.jspecify.annotations.Nullable;

/**
 * One line of a description of settings.
 *
 * @param readOnly whether it changes only with the configuration file and a restart
 * @param sensitive whether its value may not be shown
 */
record ShownConfig(
        String name,
        @Nullable String value,
        Source source,
        ConfigDef.Type type,
        boolean readOnly,
        boolean sensitive,
        List<Synonym> synonyms,
        String text) {

    static ShownConfig of(EffectiveSetting effective) {
        return new ShownConfig(
                effective.setting().name(),
                effective.value(),
                effective.source(),
                effective.setting().type(),
                false,
                false,
                effective.synonyms(),
                effective.setting().text());
    }

    DescribeConfigsResourceResult toMessage(DescribeConfigsRequestData request) {
        return new DescribeConfigsResourceResult()
                .setName(name)
                .setValue(sensitive ? null : value)
                .setConfigSource(source.id())
                .setReadOnly(readOnly)
                .setIsSensitive(sensitive)
                .setConfigType(typeId())
                .setDocumentation(request.includeDocumentation() ? text : null)
                .setSynonyms(request.includeSynonyms() ? shownSynonyms() : List.of());
    }

    private List<DescribeConfigsSynonym> shownSynonyms() {
        return synonyms.stream()
                .map(synonym ->
                        new DescribeConfigsSynonym()
                                .setName(synonym.name())
                                .setValue(sensitive ? null : synonym.value())
                                .setSource(synonym.source().id()))
                .toList();
    }

    /** As DescribeConfigs numbers types since version 3 (KIP-569). */
    private byte typeId() {
        return switch (type) {
            case BOOLEAN -> 1;
            case STRING -> 2;
            case INT -> 3;
            case SHORT -> 4;
            case LONG -> 5;
            case DOUBLE -> 6;
            case LIST -> 7;
            case CLASS -> 8;
            case PASSWORD -> 9;
        };
    }
}
