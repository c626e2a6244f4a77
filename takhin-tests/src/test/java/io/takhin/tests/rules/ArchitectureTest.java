package io.takhin.tests.rules;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.syntax.elements.GivenClassesConjunction;
import io.takhin.log.file.SharedFile;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The map of ARCHITECTURE.md, as rules over the compiled classes of all modules. */
class ArchitectureTest {
    private static JavaClasses takhin;

    @BeforeAll
    static void readTheClasses() {
        takhin =
                new ClassFileImporter()
                        .withImportOption(new ImportOption.DoNotIncludeTests())
                        .importPackages("io.takhin");
    }

    @Test
    void modulesPointDownwardsOnly() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("io.takhin..")
                .withOptionalLayers(true)
                .layer("base")
                .definedBy("io.takhin.base..")
                .layer("protocol")
                .definedBy("io.takhin.protocol..")
                .layer("log")
                .definedBy("io.takhin.log..")
                .layer("network")
                .definedBy("io.takhin.network..")
                .layer("metadata")
                .definedBy("io.takhin.metadata..")
                .layer("replication")
                .definedBy("io.takhin.replication..")
                .layer("coordinator")
                .definedBy("io.takhin.coordinator..")
                .layer("broker")
                .definedBy("io.takhin.broker..")
                .layer("tests")
                .definedBy("io.takhin.testkit..", "io.takhin.tests..", "io.takhin.fuzz..")
                .whereLayer("broker")
                .mayOnlyBeAccessedByLayers("tests")
                .whereLayer("coordinator")
                .mayOnlyBeAccessedByLayers("broker", "tests")
                .whereLayer("replication")
                .mayOnlyBeAccessedByLayers("broker", "tests")
                .whereLayer("metadata")
                .mayOnlyBeAccessedByLayers("broker", "replication", "coordinator", "tests")
                .whereLayer("log")
                .mayOnlyBeAccessedByLayers("broker", "replication", "metadata", "tests")
                .whereLayer("network")
                .mayOnlyBeAccessedByLayers("broker", "replication", "metadata", "tests")
                .whereLayer("tests")
                .mayNotBeAccessedByAnyLayer()
                .check(takhin);
    }

    @Test
    void packagesOfTheLogPointDownwardsOnly() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("io.takhin.log..")
                .layer("log")
                .definedBy("io.takhin.log")
                .layer("file")
                .definedBy("io.takhin.log.file")
                .layer("checkpoint")
                .definedBy("io.takhin.log.checkpoint")
                .layer("index")
                .definedBy("io.takhin.log.index")
                .layer("journal")
                .definedBy("io.takhin.log.journal")
                .whereLayer("log")
                .mayNotBeAccessedByAnyLayer()
                .whereLayer("journal")
                .mayOnlyBeAccessedByLayers("log")
                .whereLayer("index")
                .mayOnlyBeAccessedByLayers("log")
                .whereLayer("checkpoint")
                .mayOnlyBeAccessedByLayers("log")
                .ensureAllClassesAreContainedInArchitectureIgnoring(
                        resideOutsideOfPackage("io.takhin.log.."))
                .check(takhin);
    }

    /** What is public in its packages is so for the log alone. */
    @Test
    void nobodyElseLooksIntoTheLog() {
        noClasses()
                .that()
                .resideOutsideOfPackage("io.takhin.log..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("io.takhin.log.*..")
                .check(takhin);
    }

    @ParameterizedTest
    @ValueSource(strings = {"io.takhin.(*)..", "io.takhin.broker.(*).."})
    void noCycles(String packages) {
        slices().matching(packages).should().beFreeOfCycles().check(takhin);
    }

    /**
     * So that the next Kafka release is half a day of work: each place is an adapter with a test.
     */
    @Test
    void kafkasServerLibrariesStayBehindTheirWalls() {
        noClasses()
                .that()
                .resideOutsideOfPackages(
                        "io.takhin.metadata..",
                        "io.takhin.coordinator..",
                        "io.takhin.broker.topicconfig..")
                .should()
                .dependOnClassesThat(
                        resideInAnyPackage(
                                "org.apache.kafka.raft..",
                                "org.apache.kafka.controller..",
                                "org.apache.kafka.image..",
                                "org.apache.kafka.metadata..",
                                "org.apache.kafka.coordinator..",
                                "org.apache.kafka.storage.."))
                .check(takhin);
    }

    @Test
    void theLogAndTheCoordinatorAndTheCodecOpenNoSockets() {
        noClasses()
                .that(
                        resideInAnyPackage(
                                "io.takhin.log..",
                                "io.takhin.coordinator..",
                                "io.takhin.protocol.."))
                .should()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.nio.channels.SocketChannel")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.net.Socket")
                .orShould()
                .dependOnClassesThat()
                .haveFullyQualifiedName("java.nio.channels.ServerSocketChannel")
                .check(takhin);
    }

    @Test
    void timeComesFromAClock() {
        product("io.takhin.base..")
                .should()
                .callMethod(System.class, "currentTimeMillis")
                .orShould()
                .callMethod(System.class, "nanoTime")
                .check(takhin);
    }

    @Test
    void threadsAreMadeInOnePlace() {
        product("io.takhin.base..")
                .should()
                .callConstructor(Thread.class, Runnable.class)
                .orShould()
                .callConstructor(Thread.class, Runnable.class, String.class)
                .orShould()
                .callMethod(Thread.class, "ofVirtual")
                .orShould()
                .callMethod(Thread.class, "ofPlatform")
                .orShould()
                .callMethod(Executors.class, "newVirtualThreadPerTaskExecutor")
                .orShould()
                .callMethod(Executors.class, "newCachedThreadPool")
                .orShould()
                .callMethod(Executors.class, "newFixedThreadPool", int.class)
                .orShould()
                .callMethod(Executors.class, "newSingleThreadExecutor")
                .check(takhin);
    }

    @Test
    void nothingIsCalledByWhatItIsNot() {
        List<String> suffixes =
                List.of("Util", "Utils", "Helper", "Helpers", "Manager", "Impl", "Service");
        for (String suffix : suffixes) {
            noClasses()
                    .that(resideInAPackage("io.takhin.."))
                    .should()
                    .haveSimpleNameEndingWith(suffix)
                    .check(takhin);
        }
    }

    @Test
    void nothingStaticChanges() {
        ArchRule rule =
                fields().that()
                        .areDeclaredInClassesThat(resideInAPackage("io.takhin.."))
                        .and()
                        .areStatic()
                        .should()
                        .beFinal();

        rule.check(takhin);
    }

    /** But for what every partition has: a lock object would be forty bytes (ADR 47). */
    @Test
    void locksAreLocksNotMonitors() {
        methods()
                .that()
                .areDeclaredInClassesThat(resideInAPackage("io.takhin.."))
                .and()
                .areNotDeclaredIn(SharedFile.class)
                .should()
                .notHaveModifier(JavaModifier.SYNCHRONIZED)
                .check(takhin);
    }

    private static GivenClassesConjunction product(String but) {
        return noClasses()
                .that()
                .resideOutsideOfPackages(
                        but, "io.takhin.testkit..", "io.takhin.tests..", "io.takhin.fuzz..");
    }
}
