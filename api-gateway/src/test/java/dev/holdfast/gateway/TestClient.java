package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.Problem;
import dev.holdfast.model.wire.WireJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An HTTP client with a token, and answers that check themselves. */
public final class TestClient {
    private static final HttpClient HTTP =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private static final Duration TIMEOUT = Duration.ofSeconds(70);

    private final String url;
    private final @Nullable String token;

    TestClient(String url, @Nullable String token) {
        this.url = url;
        this.token = token;
    }

    /** The same client on the same server with another token. */
    public TestClient with(@Nullable String otherToken) {
        return new TestClient(url, otherToken);
    }

    public String token() {
        return String.valueOf(token);
    }

    /** An answer. */
    public static final class Reply {
        private final String request;
        private final HttpResponse<byte[]> response;

        private Reply(String request, HttpResponse<byte[]> response) {
            this.request = request;
            this.response = response;
        }

        public int status() {
            return response.statusCode();
        }

        @Override
        public String toString() {
            return request + " answered " + status() + " " + text();
        }

        public byte[] bytes() {
            return response.body();
        }

        public String text() {
            return new String(response.body(), StandardCharsets.UTF_8);
        }

        public String header(String name) {
            return response.headers().firstValue(name).orElse("");
        }

        public Reply expect(int status) {
            assertThat(status()).as("%s: %s", request, text()).isEqualTo(status);
            assertThat(header("X-Request-Id")).as(request).isNotBlank();
            return this;
        }

        public <T> T as(Class<T> type) {
            try {
                return WireJson.mapper().readValue(response.body(), type);
            } catch (IOException e) {
                throw new UncheckedIOException(request + ": " + text(), e);
            }
        }

        /** Checks a problem document in full. */
        public Problem problem(ProblemCode code) {
            expect(code.status());
            assertThat(header("Content-Type")).as(request).isEqualTo("application/problem+json");
            assertThat(text())
                    .as(request)
                    .doesNotContain("Exception")
                    .doesNotContain("\tat ")
                    .doesNotContain("dev.holdfast");
            Problem problem = as(Problem.class);
            assertThat(problem.code()).as("%s: %s", request, text()).isEqualTo(code);
            assertThat(problem.status()).isEqualTo(code.status());
            assertThat(problem.requestId()).isEqualTo(header("X-Request-Id"));
            assertThat(problem.detail()).isNotBlank();
            return problem;
        }
    }

    public Reply get(String path, String... headers) {
        return send("GET", path, HttpRequest.BodyPublishers.noBody(), headers);
    }

    public Reply delete(String path) {
        return send("DELETE", path, HttpRequest.BodyPublishers.noBody());
    }

    public Reply post(String path, Object body) {
        return json("POST", path, body);
    }

    public Reply json(String method, String path, Object body) {
        try {
            byte[] json =
                    body instanceof String text
                            ? text.getBytes(StandardCharsets.UTF_8)
                            : WireJson.mapper().writeValueAsBytes(body);
            return bytes(method, path, json, "Content-Type", "application/json");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Reply bytes(String method, String path, byte[] body, String... headers) {
        return send(method, path, HttpRequest.BodyPublishers.ofByteArray(body), headers);
    }

    public Reply send(
            String method, String path, HttpRequest.BodyPublisher body, String... headers) {
        List<String> all = new ArrayList<>(List.of(headers));
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(url + path))
                        .method(method, body)
                        .timeout(TIMEOUT);
        if (token != null) {
            all.addAll(List.of("Authorization", "Bearer " + token));
        }
        if (!all.isEmpty()) {
            request.headers(all.toArray(String[]::new));
        }
        try {
            return new Reply(
                    method + " " + path,
                    HTTP.send(request.build(), HttpResponse.BodyHandlers.ofByteArray()));
        } catch (IOException e) {
            throw new UncheckedIOException(method + " " + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
