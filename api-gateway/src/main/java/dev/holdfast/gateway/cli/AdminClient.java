package dev.holdfast.gateway.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.Problem;
import dev.holdfast.model.wire.WireJson;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Talks to the admin listener of a running server; what it refuses becomes an exit code. */
final class AdminClient {
    private static final Duration CONNECT_TIME_MAX = Duration.ofSeconds(5);
    private static final Duration REQUEST_TIME_MAX = Duration.ofSeconds(60);

    private final String url;
    private final String token;

    AdminClient(String url, String token) {
        this.url = url.endsWith("/") ? url.substring(0, url.length() - 1) : url;
        this.token = token;
    }

    /** One part of a path, escaped. */
    static String part(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    <T> T get(String path, Class<T> type) {
        return read(send("GET", path, null), type);
    }

    <T> T post(String path, @Nullable Object body, Class<T> type) {
        return read(send("POST", path, body), type);
    }

    void change(String method, String path) {
        send(method, path, null);
    }

    void put(String path, Object body) {
        send("PUT", path, body);
    }

    private byte[] send(String method, String path, @Nullable Object body) {
        try (HttpClient client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_TIME_MAX)
                        .build()) {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(URI.create(url + path))
                            .timeout(REQUEST_TIME_MAX)
                            .header("Authorization", "Bearer " + token);
            if (body == null) {
                request.method(method, HttpRequest.BodyPublishers.noBody());
            } else {
                request.header("Content-Type", "application/json");
                request.method(
                        method,
                        HttpRequest.BodyPublishers.ofByteArray(
                                WireJson.mapper().writeValueAsBytes(body)));
            }
            HttpResponse<byte[]> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
            if (response.statusCode() >= 300) {
                throw failure(response.statusCode(), response.body());
            }
            return response.body();
        } catch (IllegalArgumentException e) {
            throw new CommandFailure(ExitCode.USAGE, "--url is no URL: " + url, e);
        } catch (ConnectException e) {
            throw noServer(e);
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.FAILED, "the server at " + url + " did not answer: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(ExitCode.INTERRUPTED, "interrupted", e);
        }
    }

    /** Lines of an answer, one by one as they come. */
    void lines(String path, Consumer<String> each) {
        try (HttpClient client =
                HttpClient.newBuilder()
                        .version(HttpClient.Version.HTTP_1_1)
                        .connectTimeout(CONNECT_TIME_MAX)
                        .build()) {
            HttpResponse<InputStream> response =
                    client.send(
                            HttpRequest.newBuilder(URI.create(url + path))
                                    .timeout(REQUEST_TIME_MAX)
                                    .header("Authorization", "Bearer " + token)
                                    .build(),
                            HttpResponse.BodyHandlers.ofInputStream());
            try (BufferedReader body =
                    new BufferedReader(
                            new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
                if (response.statusCode() >= 300) {
                    throw failure(
                            response.statusCode(),
                            body.lines()
                                    .reduce("", String::concat)
                                    .getBytes(StandardCharsets.UTF_8));
                }
                for (String line = body.readLine(); line != null; line = body.readLine()) {
                    each.accept(line);
                }
            }
        } catch (ConnectException e) {
            throw noServer(e);
        } catch (IOException e) {
            throw new CommandFailure(
                    ExitCode.FAILED, "the server at " + url + " did not answer: " + e, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CommandFailure(ExitCode.INTERRUPTED, "interrupted", e);
        }
    }

    private CommandFailure noServer(ConnectException cause) {
        return new CommandFailure(
                ExitCode.FAILED,
                "no server answers at " + url + "; start one with holdfast up, or give --url",
                cause);
    }

    private CommandFailure failure(int status, byte[] body) {
        try {
            Problem problem = WireJson.mapper().readValue(body, Problem.class);
            return new CommandFailure(exitCode(problem.code()), problem.detail());
        } catch (IOException | RuntimeException e) {
            return new CommandFailure(
                    ExitCode.FAILED,
                    "the answer of "
                            + url
                            + " is not from a holdfast admin listener (status "
                            + status
                            + ")",
                    e);
        }
    }

    private static int exitCode(ProblemCode code) {
        return switch (code) {
            case NOT_FOUND -> ExitCode.NOT_FOUND;
            case NOT_SIGNED_IN, FORBIDDEN -> ExitCode.NOT_ALLOWED;
            case INVALID -> ExitCode.USAGE;
            default -> ExitCode.FAILED;
        };
    }

    private static <T> T read(byte[] json, Class<T> type) {
        try {
            return WireJson.mapper().readValue(json, type);
        } catch (JsonProcessingException e) {
            throw new CommandFailure(
                    ExitCode.FAILED, "the server's answer is not what this version knows", e);
        } catch (IOException e) {
            throw new CommandFailure(ExitCode.FAILED, "the server's answer cannot be read", e);
        }
    }
}
