package dev.holdfast.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Exit codes and messages of commands that end by themselves. */
class CommandLineTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    @TempDir private Path folder = Path.of("");

    private int run(Map<String, String> environment, String... arguments) {
        return HoldfastServer.run(
                List.of(arguments),
                new Terminal(
                        environment,
                        InputStream.nullInputStream(),
                        new PrintStream(out, true, StandardCharsets.UTF_8),
                        new PrintStream(err, true, StandardCharsets.UTF_8)));
    }

    private String told() {
        String text = err.toString(StandardCharsets.UTF_8);
        assertThat(text).doesNotContain("\tat ").doesNotContain("Exception");
        return text;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "up --listen nonsense",
                "up --listen 127.0.0.1:70000",
                "up --no-such-option",
                "up --datanodes many",
                "up --datanodes 0",
                "up --replication 2",
                "up --tls-cert x.pem",
                "up --listen 0.0.0.0:0",
                "up --admin-listen 0.0.0.0:0",
                "serve",
                "no-such-command",
                "admin",
                "admin account",
                "admin account add",
                "admin account add name --quota lots",
                "admin device revoke",
                "admin restored",
                "--config /no/such/file up",
                ""
            })
    void wrongUsageIsTwo(String line) {
        assertThat(run(Map.of(), line.isEmpty() ? new String[0] : line.split(" ", -1)))
                .isEqualTo(ExitCode.USAGE);
        assertThat(told()).startsWith("holdfast: ");
        assertThat(out.size()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "up --help",
                "serve --help",
                "admin --help",
                "admin account add -h"
            })
    void helpGoesToStdoutAndIsWell(String line) {
        assertThat(run(Map.of(), line.split(" ", -1))).isZero();
        assertThat(out.toString(StandardCharsets.UTF_8)).contains("Usage: holdfast");
        assertThat(told()).isEmpty();
    }

    @Test
    void aPortInUseIsFoundBeforeAnythingStarts() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Path data = folder.resolve("data");
            int exitCode =
                    run(
                            Map.of(),
                            "up",
                            "--data",
                            data.toString(),
                            "--listen",
                            "127.0.0.1:" + taken.getLocalPort());
            assertThat(exitCode).isEqualTo(ExitCode.FAILED);
            assertThat(told()).contains("127.0.0.1:" + taken.getLocalPort()).contains("--listen");
            assertThat(data.resolve("metadata")).doesNotExist();
            assertThat(data.resolve("hdfs")).doesNotExist();
        }
    }

    @Test
    void flagsWinOverVariablesOverTheFileOverDefaults() throws IOException {
        Path file = folder.resolve("holdfast.properties");
        Path blocked = Files.createFile(folder.resolve("blocked"));
        Files.writeString(file, "data=" + blocked.resolve("file") + "\nlisten=nonsense\n");
        String config = "--config=" + file;

        assertThat(run(Map.of(), "up", config)).isEqualTo(ExitCode.USAGE);
        assertThat(told()).contains("nonsense");
        err.reset();

        Map<String, String> environment = Map.of("HOLDFAST_LISTEN", "127.0.0.1:0");
        assertThat(run(environment, "up", config)).isEqualTo(ExitCode.FAILED);
        assertThat(told()).contains(blocked.resolve("file").toString());
        err.reset();

        Path flag = blocked.resolve("flag");
        assertThat(run(environment, "up", config, "--data", flag.toString()))
                .isEqualTo(ExitCode.FAILED);
        assertThat(told()).contains(flag.toString());
        err.reset();

        Map<String, String> all =
                Map.of("HOLDFAST_LISTEN", "127.0.0.1:0", "HOLDFAST_CONFIG", file.toString());
        assertThat(run(all, "up")).isEqualTo(ExitCode.FAILED);
        assertThat(told()).contains(blocked.resolve("file").toString());
    }

    @Test
    void unknownKeysOfTheFileAreRefusedByName() throws IOException {
        Path file = folder.resolve("holdfast.properties");
        Files.writeString(file, "lisen=127.0.0.1:0\n");
        assertThat(run(Map.of(), "up", "--config", file.toString())).isEqualTo(ExitCode.USAGE);
        assertThat(told()).contains("lisen").contains("listen");
    }

    @Test
    void adminWithoutATokenIsNotAllowed() {
        assertThat(run(Map.of(), "admin", "status", "--data", folder.toString()))
                .isEqualTo(ExitCode.NOT_ALLOWED);
        assertThat(told()).contains("admin.token");
    }

    @Test
    void adminWithoutAServerSaysSo() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Map<String, String> environment = Map.of("HOLDFAST_ADMIN_TOKEN", "t".repeat(43));
        assertThat(run(environment, "admin", "status", "--url", "http://127.0.0.1:" + port))
                .isEqualTo(ExitCode.FAILED);
        assertThat(told()).contains("no server answers").contains("holdfast up");
        err.reset();
        assertThat(run(environment, "admin", "status", "--url", "::nonsense"))
                .isEqualTo(ExitCode.USAGE);
    }

    @Test
    void sizesAreReadInPowersOf1024() {
        SizeConverter sizes = new SizeConverter();
        assertThat(sizes.convert("0")).isZero();
        assertThat(sizes.convert("1048576")).isEqualTo(1 << 20);
        assertThat(sizes.convert("500M")).isEqualTo(500L << 20);
        assertThat(sizes.convert("1.5GiB")).isEqualTo(3L << 29);
        assertThat(sizes.convert("2 tb")).isEqualTo(2L << 40);
    }
}
