package io.takhin.tests.harness;

/**
 * What the suite is aimed at. By default the packaged program; with {@code
 * -Dtakhin.test.bootstrap=host:port} a broker that runs already. Aimed at Apache Kafka, a test
 * shows that what it asks of Takhin is what Kafka does.
 */
final class Aim {
    private Aim() {}

    static boolean isExternal() {
        return !externalBootstrap().isEmpty();
    }

    static String externalBootstrap() {
        return System.getProperty("takhin.test.bootstrap", "");
    }
}
