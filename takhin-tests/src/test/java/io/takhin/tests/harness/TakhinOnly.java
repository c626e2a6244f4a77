package io.takhin.tests.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ConditionEvaluationResult;
import org.junit.jupiter.api.extension.ExecutionCondition;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * What only Takhin does, or needs its process: skipped when the suite is aimed at another broker.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(TakhinOnly.Condition.class)
public @interface TakhinOnly {
    /** Decides before a class or method runs. */
    final class Condition implements ExecutionCondition {
        @Override
        public ConditionEvaluationResult evaluateExecutionCondition(ExtensionContext context) {
            return Aim.isExternal()
                    ? ConditionEvaluationResult.disabled("aimed at another broker than Takhin")
                    : ConditionEvaluationResult.enabled("aimed at the packaged program");
        }
    }
}
