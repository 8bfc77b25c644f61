package dev.holdfast.endtoend;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.Installation;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;

/** Two people with one folder, over TLS with a certificate that only they trust. */
class SharedFolderIT {
    private static final String SHARED = "000000000000000000000000000000cc";
    private static final char[] PASSWORD = "password".toCharArray();
    private static final Duration LIMIT = Duration.ofMinutes(1);

    @Test
    void twoAccountsShareAFolderOverTls() throws Exception {
        try (Lab lab = new Lab("shared")) {
            KeyStore keys = selfSigned(lab);
            Path cert = lab.path("cert.pem");
            pem(cert, "CERTIFICATE", keys.getCertificate("server").getEncoded());
            Path key = lab.path("key.pem");
            pem(key, "PRIVATE KEY", keys.getKey("server", PASSWORD).getEncoded());
            ServerProcess server =
                    lab.server("data", "--tls-cert", cert.toString(), "--tls-key", key.toString());
            assertThat(server.url()).startsWith("https://");

            server.addAccount("ada");
            server.addAccount("bob");
            strangersAreNotTrusted(lab, server);
            Device own = link(lab, server, "ada", "ada-own", cert);
            try (HttpClient http = client(keys)) {
                String token = Files.readString(own.state().resolve("token")).strip();
                String spaces = server.url() + "/v1/namespaces";
                send(
                        http,
                        token,
                        "POST",
                        spaces,
                        "{\"namespace\":\"" + SHARED + "\",\"name\":\"holiday\"}");
                String bob = spaces + "/" + SHARED + "/members/bob";
                send(http, token, "PUT", bob, "{\"role\":\"editor\"}");
                Device a = link(lab, server, "ada", "ada-holiday", cert, "--namespace", "holiday");
                Device b = link(lab, server, "bob", "bob-holiday", cert, "--namespace", "holiday");
                bothEdit(a, b);
                assertThat(Files.exists(own.folder().resolve("from ada.txt"))).isFalse();

                send(http, token, "PUT", bob, "{\"role\":\"viewer\"}");
                viewersAreToldSo(a, b);
            }
        }
    }

    /** Without the authority's file nothing is linked, and the message says what is wrong. */
    private static void strangersAreNotTrusted(Lab lab, ServerProcess server) {
        Installation.Finished refused =
                lab.installation()
                        .run(
                                LIMIT,
                                "sync",
                                "link",
                                server.url(),
                                "--code",
                                server.newCode("ada"),
                                "--folder",
                                lab.path("stranger").toString(),
                                "--state",
                                lab.path("stranger.state").toString());
        assertThat(refused.exitCode()).isNotZero();
        assertThat(String.join("\n", refused.err())).contains("--ca-file");
    }

    private static void bothEdit(Device a, Device b) throws IOException {
        Lab.write(a.folder().resolve("from ada.txt"), "ada");
        Lab.write(b.folder().resolve("from bob/large"), Lab.bytes(3, 3 << 20));
        a.runOnce();
        b.runOnce();
        a.runOnce();
        Lab.assertEqualFolders(a.folder(), b.folder());
        Lab.write(b.folder().resolve("from ada.txt"), "ada and bob");
        Files.delete(b.folder().resolve("from bob/large"));
        b.runOnce();
        a.runOnce();
        assertThat(a.folder().resolve("from ada.txt")).hasContent("ada and bob");
        Lab.assertEqualFolders(a.folder(), b.folder());
        a.verify();
    }

    /** What a viewer writes stays where it is, untouched, and is said to wait. */
    private static void viewersAreToldSo(Device a, Device b) {
        Lab.write(b.folder().resolve("mine.txt"), "bob alone");
        Installation.Finished once = b.tryRunOnce();
        assertThat(once.exitCode()).isEqualTo(4);
        assertThat(String.join("\n", once.err())).contains("mine.txt").contains("only read");
        assertThat(b.folder().resolve("mine.txt")).hasContent("bob alone");
        a.runOnce();
        assertThat(a.folder().resolve("mine.txt")).doesNotExist();
    }

    private static Device link(
            Lab lab, ServerProcess server, String account, String name, Path ca, String... more) {
        String[] options = new String[more.length + 2];
        options[0] = "--ca-file";
        options[1] = ca.toString();
        System.arraycopy(more, 0, options, 2, more.length);
        String code = server.newCode(account);
        return Device.link(lab.installation(), lab.path(name), server.url(), code, name, options);
    }

    private static void send(HttpClient http, String token, String method, String url, String json)
            throws IOException, InterruptedException {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(url))
                        .method(method, HttpRequest.BodyPublishers.ofString(json))
                        .header("Authorization", "Bearer " + token)
                        .header("Content-Type", "application/json")
                        .timeout(LIMIT)
                        .build();
        HttpResponse<String> answer = http.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isBetween(200, 201);
    }

    private static HttpClient client(KeyStore keys) throws Exception {
        KeyStore trusted = KeyStore.getInstance("PKCS12");
        trusted.load(null, null);
        trusted.setCertificateEntry("server", keys.getCertificate("server"));
        TrustManagerFactory trust =
                TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(trusted);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return HttpClient.newBuilder().sslContext(context).build();
    }

    private static KeyStore selfSigned(Lab lab) throws Exception {
        Path file = lab.path("keys.p12");
        String keytool = Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        String options =
                "-genkeypair -alias server -keyalg EC -dname CN=localhost"
                        + " -ext san=dns:localhost,ip:127.0.0.1 -storetype PKCS12 -storepass "
                        + new String(PASSWORD)
                        + " -keystore";
        List<String> words = new ArrayList<>();
        words.add(keytool);
        words.addAll(List.of(options.split(" ", -1)));
        words.add(file.toString());
        Process process =
                new ProcessBuilder(words)
                        .redirectErrorStream(true)
                        .redirectOutput(lab.path("keytool.log").toFile())
                        .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isZero();
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(file)) {
            store.load(in, PASSWORD);
        }
        return store;
    }

    private static void pem(Path file, String what, byte[] der) throws IOException {
        String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        Files.writeString(
                file, "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n");
    }
}
