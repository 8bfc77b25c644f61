package dev.holdfast.endtoend;

import dev.holdfast.model.wire.ChangeEntry;
import dev.holdfast.model.wire.ChangesPage;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.WireJson;
import dev.holdfast.testing.process.Device;
import dev.holdfast.testing.process.ServerProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Reads a namespace's feed over HTTP as another program with a device's token would. */
final class FeedReader {
    private final ServerProcess server;
    private final String token;
    private final String namespace;
    private String cursor = "";

    private FeedReader(ServerProcess server, String token) {
        this.server = server;
        this.token = token;
        this.namespace =
                get("/v1/namespaces", NamespaceList.class)
                        .namespaces()
                        .getFirst()
                        .namespace()
                        .toString();
    }

    /** A reader that has read all there is. */
    static FeedReader atTheEnd(ServerProcess server, Device device) throws IOException {
        FeedReader reader =
                new FeedReader(server, Files.readString(device.state().resolve("token")).strip());
        reader.news();
        return reader;
    }

    /** What happened since the last call. */
    List<ChangeEntry> news() {
        List<ChangeEntry> news = new ArrayList<>();
        ChangesPage page;
        do {
            page =
                    get(
                            "/v1/namespaces/"
                                    + namespace
                                    + "/changes?limit=1000"
                                    + (cursor.isEmpty() ? "" : "&cursor=" + cursor),
                            ChangesPage.class);
            news.addAll(page.entries());
            cursor = page.cursor();
        } while (page.hasMore());
        return news;
    }

    private <T> T get(String path, Class<T> type) {
        try (HttpClient client = HttpClient.newHttpClient()) {
            HttpRequest request =
                    HttpRequest.newBuilder(URI.create(server.url() + path))
                            .header("Authorization", "Bearer " + token)
                            .timeout(Duration.ofMinutes(1))
                            .build();
            HttpResponse<String> answer =
                    client.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new AssertionError(
                        path + " answered " + answer.statusCode() + ": " + answer.body());
            }
            return WireJson.mapper().readValue(answer.body(), type);
        } catch (IOException e) {
            throw new UncheckedIOException("the server does not answer " + path, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while asking for " + path, e);
        }
    }
}
