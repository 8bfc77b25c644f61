package dev.holdfast.chunkstore;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real HDFS that lets nobody in without Kerberos, and tickets that last some seconds. */
final class KerberosTest {
    @TempDir Path directory;

    private ProcessBuilder java(
            Class<?> main, Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(
                List.of(
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-Xmx256m",
                        "-Djava.security.krb5.conf=" + directory.resolve("krb5.conf"),
                        "-cp",
                        System.getProperty("java.class.path"),
                        main.getName()));
        command.addAll(List.of(arguments));
        ProcessBuilder process = new ProcessBuilder(command);
        process.environment().putAll(environment);
        return process;
    }

    private Map<String, String> environment(String principal, String keytab) {
        return Map.of(
                "HOLDFAST_HDFS_CONF", directory.resolve("conf").toString(),
                "HOLDFAST_HDFS_PRINCIPAL", principal,
                "HOLDFAST_HDFS_KEYTAB", directory.resolve(keytab).toString());
    }

    private String run(Map<String, String> environment, String uri, int tickets) throws Exception {
        Process client =
                java(KerberosClient.class, environment, uri, Integer.toString(tickets))
                        .redirectErrorStream(true)
                        .start();
        try {
            String output =
                    new String(client.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(client.waitFor(30, TimeUnit.SECONDS)).isTrue();
            return "exit " + client.exitValue() + "\n" + output;
        } finally {
            client.destroyForcibly();
        }
    }

    @Test
    void aKeytabSignsInAndGoesOnDoingSo() throws Exception {
        Process cluster =
                java(KerberosCluster.class, Map.of(), directory.toString())
                        .redirectError(directory.resolve("cluster.log").toFile())
                        .start();
        try (BufferedReader lines =
                new BufferedReader(
                        new InputStreamReader(cluster.getInputStream(), StandardCharsets.UTF_8))) {
            String uri = ready(lines);
            assertThat(run(Map.of("HOLDFAST_HDFS_CONF", conf()), uri, 1))
                    .startsWith("exit 1")
                    .contains("this process has no ticket")
                    .contains("HOLDFAST_HDFS_KEYTAB");
            assertThat(run(environment("nobody@EXAMPLE.COM", "client.keytab"), uri, 1))
                    .startsWith("exit 1")
                    .contains("signing in to Kerberos as nobody@EXAMPLE.COM failed");
            assertThat(run(environment(KerberosCluster.PRINCIPAL, "client.keytab"), uri, 3))
                    .startsWith("exit 0")
                    .contains("opened as holdfast/localhost@EXAMPLE.COM")
                    .contains("done 3");
        } finally {
            cluster.destroyForcibly();
            cluster.waitFor(30, TimeUnit.SECONDS);
        }
    }

    private String conf() {
        return directory.resolve("conf").toString();
    }

    private String ready(BufferedReader lines) throws IOException {
        StringBuilder seen = new StringBuilder();
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            if (line.startsWith("ready ")) {
                return line.substring("ready ".length());
            }
            seen.append(line).append('\n');
        }
        throw new AssertionError("the cluster did not start: " + seen);
    }
}
