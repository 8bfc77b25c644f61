package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.hadoop.util.VersionInfo;
import org.junit.jupiter.api.Test;

/** What is private to HDFS and used all the same: in one class, checked with one version. */
final class HadoopVersionTest {
    private static final List<String> PRIVATE =
            List.of(
                    "org.apache.hadoop.hdfs.BlockReader;",
                    "org.apache.hadoop.hdfs.DFSClient;",
                    "org.apache.hadoop.hdfs.client.impl.",
                    "org.apache.hadoop.hdfs.protocol.LocatedBlock;",
                    "org.apache.hadoop.hdfs.protocol.DatanodeInfo;",
                    "org.apache.hadoop.hdfs.server.datanode.CachingStrategy;");

    @Test
    void theVersionIsTheOneThatWasChecked() {
        assertThat(VersionInfo.getVersion())
                .as("after an upgrade read HdfsReplica again, and what it matches in messages")
                .isEqualTo(HdfsReplica.CHECKED_VERSION);
    }

    @Test
    void onlyOneClassUsesWhatIsPrivate() throws IOException {
        try (Stream<Path> sources = Files.walk(Path.of("src/main/java"))) {
            List<String> users =
                    sources.filter(file -> file.toString().endsWith(".java"))
                            .filter(HadoopVersionTest::importsPrivate)
                            .map(file -> file.getFileName().toString())
                            .toList();
            assertThat(users).containsExactly("HdfsReplica.java");
        }
    }

    private static boolean importsPrivate(Path file) {
        try {
            String text = Files.readString(file);
            return PRIVATE.stream().anyMatch(name -> text.contains("import " + name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
