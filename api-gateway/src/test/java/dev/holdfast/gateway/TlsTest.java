package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.HttpMetrics;
import dev.holdfast.gateway.http.Listener;
import dev.holdfast.gateway.http.Route;
import dev.holdfast.model.wire.Ack;
import io.helidon.common.tls.Tls;
import io.prometheus.client.CollectorRegistry;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** HTTPS from PEM files, HTTP/1.1 and HTTP/2 over it and without it. */
class TlsTest {
    private static final char[] PASSWORD = "password".toCharArray();

    @TempDir private Path folder = Path.of("");

    private KeyStore selfSigned(String algorithm) throws Exception {
        return selfSigned(algorithm, "keys.p12");
    }

    private KeyStore selfSigned(String algorithm, String name) throws Exception {
        Path file = folder.resolve(name);
        Process keytool =
                new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "keytool")
                                        .toString(),
                                "-genkeypair",
                                "-alias",
                                "server",
                                "-keyalg",
                                algorithm,
                                "-dname",
                                "CN=localhost",
                                "-ext",
                                "san=dns:localhost,ip:127.0.0.1",
                                "-storetype",
                                "PKCS12",
                                "-keystore",
                                file.toString(),
                                "-storepass",
                                new String(PASSWORD))
                        .redirectErrorStream(true)
                        .redirectOutput(folder.resolve("keytool.log").toFile())
                        .start();
        assertThat(keytool.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(keytool.exitValue()).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        return store;
    }

    private static void pem(Path file, String what, byte[] der) throws Exception {
        Files.writeString(
                file,
                "-----BEGIN "
                        + what
                        + "-----\n"
                        + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der)
                        + "\n-----END "
                        + what
                        + "-----\n");
    }

    private static Listener listener(@Nullable Tls tls) {
        return listener(tls, Exchange.Patience.usual());
    }

    private static Listener listener(@Nullable Tls tls, Exchange.Patience patience) {
        return Listener.start(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                tls,
                new Listener.Capacity(10, 10, 10, Duration.ofSeconds(5), patience, null),
                List.of(
                        Route.of("GET", "/v1/thing", exchange -> exchange.json(new Ack("x"))),
                        Route.of(
                                "POST",
                                "/v1/echo",
                                exchange ->
                                        exchange.bytes(
                                                200,
                                                "application/octet-stream",
                                                exchange.bytes(4 << 20)))),
                new HttpMetrics(new CollectorRegistry()));
    }

    private static void speak(HttpClient client, Listener listener, HttpClient.Version version)
            throws Exception {
        String url = listener.url().replace("127.0.0.1", "localhost");
        for (int i = 0; i < 3; i++) {
            HttpResponse<String> reply =
                    client.send(
                            HttpRequest.newBuilder(URI.create(url + "/v1/thing")).build(),
                            HttpResponse.BodyHandlers.ofString());
            assertThat(reply.statusCode()).isEqualTo(200);
            assertThat(reply.version()).isEqualTo(version);
        }
        byte[] body = new byte[3 << 20];
        body[1_000_000] = 7;
        HttpResponse<byte[]> echo =
                client.send(
                        HttpRequest.newBuilder(URI.create(url + "/v1/echo"))
                                .POST(HttpRequest.BodyPublishers.ofByteArray(body))
                                .build(),
                        HttpResponse.BodyHandlers.ofByteArray());
        assertThat(echo.body()).isEqualTo(body);
        HttpResponse<String> missing =
                client.send(
                        HttpRequest.newBuilder(URI.create(url + "/v1/nowhere")).build(),
                        HttpResponse.BodyHandlers.ofString());
        assertThat(missing.statusCode()).isEqualTo(404);
        assertThat(missing.headers().firstValue("Content-Type"))
                .contains("application/problem+json");
    }

    @ParameterizedTest
    @ValueSource(strings = {"EC", "RSA", "Ed25519"})
    void servesHttpsFromPemFiles(String algorithm) throws Exception {
        KeyStore store = selfSigned(algorithm);
        Certificate certificate = store.getCertificate("server");
        Key key = store.getKey("server", PASSWORD);
        Path certificateFile = folder.resolve("cert.pem");
        Path keyFile = folder.resolve("key.pem");
        pem(certificateFile, "CERTIFICATE", certificate.getEncoded());
        pem(keyFile, "PRIVATE KEY", key.getEncoded());
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(store(certificate));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        try (Listener listener = listener(PemTls.read(certificateFile, keyFile).tls())) {
            assertThat(listener.url()).startsWith("https://");
            for (HttpClient.Version version : HttpClient.Version.values()) {
                if (version == HttpClient.Version.HTTP_1_1
                        || version == HttpClient.Version.HTTP_2) {
                    try (HttpClient client =
                            HttpClient.newBuilder().sslContext(context).version(version).build()) {
                        speak(client, listener, version);
                    }
                }
            }
        }
    }

    /** The certificate that a new connection is shown. */
    private static Certificate shown(Listener listener) throws Exception {
        SSLContext anyone = SSLContext.getInstance("TLS");
        anyone.init(null, new TrustManager[] {new TrustsAnyone()}, null);
        try (SSLSocket socket =
                (SSLSocket)
                        anyone.getSocketFactory()
                                .createSocket(InetAddress.getLoopbackAddress(), listener.port())) {
            socket.startHandshake();
            return socket.getSession().getPeerCertificates()[0];
        }
    }

    private static final class TrustsAnyone extends X509ExtendedTrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) {}

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) {}

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    @Test
    void renewedFilesAreTakenUpWithoutARestartAndHalfRenewedOnesAreNot() throws Exception {
        KeyStore first = selfSigned("EC", "first.p12");
        KeyStore second = selfSigned("RSA", "second.p12");
        Path certificateFile = folder.resolve("cert.pem");
        Path keyFile = folder.resolve("key.pem");
        pem(certificateFile, "CERTIFICATE", first.getCertificate("server").getEncoded());
        pem(keyFile, "PRIVATE KEY", first.getKey("server", PASSWORD).getEncoded());
        PemTls tls = PemTls.read(certificateFile, keyFile);
        try (Listener listener = listener(tls.tls())) {
            assertThat(shown(listener)).isEqualTo(first.getCertificate("server"));
            assertThat(tls.renew()).isFalse();
            pem(certificateFile, "CERTIFICATE", second.getCertificate("server").getEncoded());
            assertThatThrownBy(tls::renew).isInstanceOf(StartupException.class);
            assertThat(shown(listener)).isEqualTo(first.getCertificate("server"));
            pem(keyFile, "PRIVATE KEY", second.getKey("server", PASSWORD).getEncoded());
            try (TlsRenewal renewal = new TlsRenewal(tls, Duration.ofMillis(20))) {
                assertThat(renewal).isNotNull();
                long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
                while (!shown(listener).equals(second.getCertificate("server"))) {
                    assertThat(System.nanoTime()).as("never taken up").isLessThan(end);
                }
            }
        }
    }

    private static KeyStore store(Certificate certificate) throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, PASSWORD);
        store.setCertificateEntry("server", certificate);
        return store;
    }

    @ParameterizedTest
    @EnumSource(
            value = HttpClient.Version.class,
            names = {"HTTP_1_1", "HTTP_2"})
    void servesPlainHttp(HttpClient.Version version) throws Exception {
        try (Listener listener = listener(null);
                HttpClient client = HttpClient.newBuilder().version(version).build()) {
            speak(client, listener, version);
        }
    }

    @Test
    void aHandshakeThatIsNotFinishedIsGivenUp() throws Exception {
        KeyStore store = selfSigned("EC");
        Path certificate = folder.resolve("cert.pem");
        Path key = folder.resolve("key.pem");
        pem(certificate, "CERTIFICATE", store.getCertificate("server").getEncoded());
        pem(key, "PRIVATE KEY", store.getKey("server", PASSWORD).getEncoded());
        Duration brief = Duration.ofSeconds(1);
        Exchange.Patience patience = new Exchange.Patience(brief, brief, brief, brief);
        try (Listener listener = listener(PemTls.read(certificate, key).tls(), patience);
                Socket silent = new Socket(InetAddress.getLoopbackAddress(), listener.port());
                Socket begun = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
            silent.setSoTimeout(20_000);
            begun.setSoTimeout(20_000);
            // The head of a record of a handshake, without the record.
            begun.getOutputStream().write(new byte[] {22, 3, 1, 1, 0});
            assertThat(silent.getInputStream().readAllBytes()).isEmpty();
            // A TLS alert may say why.
            assertThat(begun.getInputStream().readAllBytes().length).isLessThan(100);
        }
    }

    @Test
    void filesThatAreNoKeysAreRefusedInAWord() throws Exception {
        Path noise = Files.writeString(folder.resolve("noise.pem"), "no key at all");
        assertThatThrownBy(() -> PemTls.read(noise, noise)).isInstanceOf(StartupException.class);
        assertThatThrownBy(() -> PemTls.read(noise, folder.resolve("none")))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("none");
        KeyStore store = selfSigned("EC");
        Path certificate = folder.resolve("cert.pem");
        pem(certificate, "CERTIFICATE", store.getCertificate("server").getEncoded());
        Path broken = folder.resolve("broken.pem");
        pem(broken, "PRIVATE KEY", new byte[100]);
        assertThatThrownBy(() -> PemTls.read(certificate, broken))
                .isInstanceOf(StartupException.class)
                .hasMessageContaining("broken.pem");
    }
}
