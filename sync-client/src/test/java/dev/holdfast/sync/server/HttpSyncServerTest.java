package dev.holdfast.sync.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.Problem;
import dev.holdfast.model.wire.WireJson;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the client makes of a server's answers, and which servers it talks to at all. */
class HttpSyncServerTest {
    private static final byte[] EMPTY =
            "{\"cell\":\"c\",\"namespaces\":[]}".getBytes(StandardCharsets.UTF_8);
    private static final InetSocketAddress ANY_PORT =
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);

    private static void answer(HttpServer server, int status, byte[] body, String retryAfter) {
        server.createContext(
                "/",
                exchange -> {
                    if (!retryAfter.isEmpty()) {
                        exchange.getResponseHeaders().add("Retry-After", retryAfter);
                    }
                    exchange.sendResponseHeaders(status, body.length);
                    exchange.getResponseBody().write(body);
                    exchange.close();
                });
        server.start();
    }

    private static void ask(String scheme, HttpServer server, ServerTrust trust)
            throws IOException {
        URI base = URI.create(scheme + "://127.0.0.1:" + server.getAddress().getPort());
        try (HttpSyncServer client = new HttpSyncServer(base, "token", trust)) {
            assertThat(client.namespaces().cell()).isEqualTo("c");
        }
    }

    private interface Attempt {
        void run(HttpServer server) throws IOException;
    }

    private static void with(int status, byte[] body, String retryAfter, Attempt attempt)
            throws IOException {
        HttpServer server = HttpServer.create(ANY_PORT, 0);
        try {
            answer(server, status, body, retryAfter);
            attempt.run(server);
        } finally {
            server.stop(0);
        }
    }

    private static byte[] problem(ProblemCode code) throws IOException {
        return WireJson.mapper()
                .writeValueAsBytes(
                        new Problem(
                                "urn:holdfast:problem:x",
                                "x",
                                code.status(),
                                code,
                                "what to do",
                                code.retryable(),
                                null,
                                null));
    }

    @Test
    void aRefusalIsNotTriedAgainAndSaysWhatToDo() throws IOException {
        with(
                401,
                problem(ProblemCode.NOT_SIGNED_IN),
                "",
                server ->
                        assertThatExceptionOfType(RefusedException.class)
                                .isThrownBy(() -> ask("http", server, ServerTrust.platform()))
                                .withMessage("what to do")
                                .matches(e -> e.code() == ProblemCode.NOT_SIGNED_IN));
    }

    @Test
    void aBusyServerIsTriedAgainWhenItSays() throws IOException {
        with(
                503,
                problem(ProblemCode.UNAVAILABLE),
                "7",
                server ->
                        assertThatExceptionOfType(BusyException.class)
                                .isThrownBy(() -> ask("http", server, ServerTrust.platform()))
                                .matches(e -> e.retryAfterMillis() == 7_000));
    }

    @Test
    void whatAProxySaysIsNoRefusalOfTheServer() throws IOException {
        byte[] page = "<html>Bad gateway</html>".getBytes(StandardCharsets.UTF_8);
        with(
                502,
                page,
                "",
                server ->
                        assertThatExceptionOfType(BusyException.class)
                                .isThrownBy(() -> ask("http", server, ServerTrust.platform())));
        with(
                404,
                page,
                "",
                server ->
                        assertThatExceptionOfType(IOException.class)
                                .isThrownBy(() -> ask("http", server, ServerTrust.platform()))
                                .withMessageContaining("no Holdfast server"));
    }

    private static void keytool(Path folder, String... words)
            throws IOException, InterruptedException {
        Path tool = Path.of(System.getProperty("java.home"), "bin", "keytool");
        List<String> command = new java.util.ArrayList<>(List.of(tool.toString()));
        command.addAll(List.of(words));
        command.addAll(List.of("-keystore", "keys", "-storepass", "changeit", "-alias", "server"));
        Process process =
                new ProcessBuilder(command)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(said).isZero();
    }

    private static SSLContext context(Path keys) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(keys)) {
            store.load(in, "changeit".toCharArray());
        }
        KeyManagerFactory factory =
                KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, "changeit".toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(factory.getKeyManagers(), null, null);
        return context;
    }

    @Test
    void overTlsOnlyAServerOfATrustedAuthorityIsTalkedTo(@TempDir Path folder)
            throws IOException, InterruptedException, GeneralSecurityException {
        keytool(
                folder,
                "-genkeypair",
                "-keyalg",
                "EC",
                "-storetype",
                "PKCS12",
                "-dname",
                "CN=here",
                "-ext",
                "SAN=ip:127.0.0.1");
        keytool(folder, "-exportcert", "-rfc", "-file", "ca.pem");
        HttpsServer server = HttpsServer.create(ANY_PORT, 0);
        try {
            server.setHttpsConfigurator(new HttpsConfigurator(context(folder.resolve("keys"))));
            answer(server, 200, EMPTY, "");
            ask("https", server, ServerTrust.of(folder.resolve("ca.pem")));
            assertThatExceptionOfType(IOException.class)
                    .isThrownBy(() -> ask("https", server, ServerTrust.platform()));
        } finally {
            server.stop(0);
        }
        Path text = Files.writeString(folder.resolve("text"), "no certificate");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> ServerTrust.of(text))
                .withMessageContaining("PEM");
    }
}
