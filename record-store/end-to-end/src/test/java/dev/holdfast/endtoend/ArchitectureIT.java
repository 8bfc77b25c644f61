package dev.holdfast.endtoend;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SlicesRuleDefinition;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The direction of dependencies, as the table of modules in docs/architecture.md has it. */
class ArchitectureIT {
    private static final JavaClasses CLASSES =
            new ClassFileImporter()
                    .withImportOption(new ImportOption.DoNotIncludeTests())
                    .importPackages("dev.holdfast");

    @Test
    void modulesDependOnlyOnWhatTheTableAllows() {
        layeredArchitecture()
                .consideringOnlyDependenciesInAnyPackage("dev.holdfast..")
                .layer("model")
                .definedBy("dev.holdfast.model..")
                .layer("embedded-fdb")
                .definedBy("dev.holdfast.embeddedfdb..")
                .layer("metadata")
                .definedBy("dev.holdfast.metadata..")
                .layer("chunk-store")
                .definedBy("dev.holdfast.chunkstore..")
                .layer("block-gc")
                .definedBy("dev.holdfast.blockgc..")
                .layer("repair-worker")
                .definedBy("dev.holdfast.repair..")
                .layer("api-gateway")
                .definedBy("dev.holdfast.gateway..")
                .layer("sync-client")
                .definedBy("dev.holdfast.sync..")
                .layer("testing")
                .definedBy("dev.holdfast.testing..")
                .whereLayer("model")
                .mayNotAccessAnyLayer()
                .whereLayer("embedded-fdb")
                .mayNotAccessAnyLayer()
                .whereLayer("testing")
                .mayNotAccessAnyLayer()
                .whereLayer("metadata")
                .mayOnlyAccessLayers("model")
                .whereLayer("chunk-store")
                .mayOnlyAccessLayers("model", "metadata")
                .whereLayer("block-gc")
                .mayOnlyAccessLayers("model", "metadata", "chunk-store")
                .whereLayer("repair-worker")
                .mayOnlyAccessLayers("model", "metadata", "chunk-store")
                .whereLayer("api-gateway")
                .mayOnlyAccessLayers(
                        "model",
                        "metadata",
                        "chunk-store",
                        "embedded-fdb",
                        "block-gc",
                        "repair-worker")
                .whereLayer("sync-client")
                .mayOnlyAccessLayers("model")
                .check(CLASSES);
    }

    @Test
    void onlyTheWiringKnowsTheEmbeddedEngine() {
        noClasses()
                .that()
                .resideInAPackage("dev.holdfast.gateway..")
                .and()
                .resideOutsideOfPackage("dev.holdfast.gateway.cli..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.holdfast.embeddedfdb..")
                .check(CLASSES);
    }

    /** Failures on demand are for tests; nothing that is shipped can turn them on. */
    @Test
    void noShippedCodeTurnsOnFailuresOnDemand() {
        noClasses()
                .that()
                .resideOutsideOfPackage("dev.holdfast.embeddedfdb..")
                .should()
                .dependOnClassesThat()
                .haveNameMatching("dev\\.holdfast\\.embeddedfdb\\.(FaultPlan|engine\\.Faults.*)")
                .check(CLASSES);
    }

    @Test
    void theSyncClientReachesNeitherFoundationDbNorHadoop() throws IOException {
        noClasses()
                .that()
                .resideInAnyPackage("dev.holdfast.sync..", "dev.holdfast.model..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "com.apple.foundationdb..", "org.apache.hadoop..", "org.rocksdb..")
                .check(CLASSES);
        List<String> jars;
        Path launcher = Path.of(System.getProperty("holdfast.launcher"));
        try (Stream<Path> files = Files.list(launcher.resolve("../../lib/client").normalize())) {
            jars = files.map(file -> file.getFileName().toString()).toList();
        }
        assertThat(jars)
                .isNotEmpty()
                .noneMatch(jar -> jar.matches("(fdb|hadoop|rocksdb|metadata|chunk-store).*"));
    }

    @Test
    void modulesHaveNoCycles() {
        SlicesRuleDefinition.slices()
                .matching("dev.holdfast.(*)..")
                .should()
                .beFreeOfCycles()
                .check(CLASSES);
    }
}
