package io.takhin.tests.harness;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A class of tests that share one broker, which is started before the first and stopped after the
 * last. Constructors and methods may take it as a {@link Broker} parameter.
 */
@Target(ElementType.TYPE)
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(SharedBroker.class)
public @interface BrokerTest {
    /** Environment variables of the broker, {@code NAME=value}. */
    String[] environment() default {};
}
