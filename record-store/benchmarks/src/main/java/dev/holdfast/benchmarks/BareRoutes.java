package dev.holdfast.benchmarks;

import dev.holdfast.benchmarks.BareHdfs.PositionalReads;
import dev.holdfast.chunkstore.EmbeddedHdfs;
import dev.holdfast.model.Sha256;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRouting;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.security.MessageDigest;

/**
 * What the gateway is measured against, as a process of its own: a Helidon server with a route that
 * does nothing, one that hashes what it gets, two that hash what they give, and two that read it
 * from an HDFS in their process first. Prints its port.
 */
public final class BareRoutes {
    static final int SMALL_BYTES = 4 << 10;
    static final int LARGE_BYTES = 1 << 20;
    private static final int BUFFER_BYTES = 64 << 10;

    private BareRoutes() {}

    /**
     * Serves until its standard input ends.
     *
     * @param arguments a directory for the HDFS
     */
    public static void main(String[] arguments) throws IOException {
        try (EmbeddedHdfs embedded = EmbeddedHdfs.start(Path.of(arguments[0]), 1, 1);
                BareHdfs hdfs = new BareHdfs(embedded);
                PositionalReads stored = hdfs.store(LARGE_BYTES)) {
            serve(stored);
        }
    }

    private static void serve(PositionalReads stored) throws IOException {
        WebServer server =
                WebServer.builder()
                        .host("127.0.0.1")
                        .port(0)
                        .useNio(false)
                        .writeBufferSize(BUFFER_BYTES)
                        .routing(
                                HttpRouting.builder()
                                        .get("/nothing", (request, response) -> response.send())
                                        .put("/hash", BareRoutes::hash)
                                        .get("/small", giving(SMALL_BYTES))
                                        .get("/large", giving(LARGE_BYTES))
                                        .get("/stored/small", reading(stored, SMALL_BYTES))
                                        .get("/stored/large", reading(stored, LARGE_BYTES)))
                        .build()
                        .start();
        System.out.println(server.port());
        System.out.flush();
        while (System.in.read() >= 0) {
            // Whoever started this lets go of the input to end it.
        }
        server.stop();
    }

    private static void hash(ServerRequest request, ServerResponse response) {
        MessageDigest digest = Sha256.newDigest();
        byte[] buffer = new byte[BUFFER_BYTES];
        try (InputStream in = request.content().inputStream()) {
            int read = in.read(buffer);
            while (read >= 0) {
                digest.update(buffer, 0, read);
                read = in.read(buffer);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        response.send(Sha256.of(digest.digest()).toString());
    }

    private static Handler giving(int bytes) {
        byte[] content = new byte[bytes];
        return (request, response) -> {
            byte[] copy = content.clone();
            response.header("X-Digest", Sha256.hash(copy).toString());
            response.send(copy);
        };
    }

    private static Handler reading(PositionalReads stored, int bytes) {
        return (request, response) -> {
            byte[] read = new byte[bytes];
            stored.read(0, read);
            response.header("X-Digest", Sha256.hash(read).toString());
            response.send(read);
        };
    }
}
