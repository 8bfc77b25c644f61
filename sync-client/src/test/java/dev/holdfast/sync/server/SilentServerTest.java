package dev.holdfast.sync.server;

import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.holdfast.model.ContentId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.sync.server.HttpSyncServer.Patience;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A server whose line is open and on which nothing moves any more, as after a lost power plug. */
@Timeout(60)
class SilentServerTest {
    private static final Duration SHORT = Duration.ofSeconds(1);
    private static final Duration LONG = Duration.ofMinutes(10);
    private static final UploadId UPLOAD = new UploadId(new Id128(1, 2));

    /** What a connection is told, before the server says and takes nothing more. */
    private interface Beginning {
        void serve(Socket connection) throws IOException;
    }

    private interface Attempt {
        void make(HttpSyncServer client) throws IOException;
    }

    private static void attempt(Beginning beginning, Patience patience, Attempt attempt)
            throws IOException {
        List<Socket> held = new ArrayList<>();
        try (ServerSocket server = new ServerSocket(0, 8, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual()
                    .start(() -> {
                        try {
                            Socket connection = server.accept();
                            held.add(connection);
                            beginning.serve(connection);
                        } catch (IOException e) {
                            // The test is over.
                        }
                    });
            URI base = URI.create("http://127.0.0.1:" + server.getLocalPort());
            try (HttpSyncServer client =
                    new HttpSyncServer(
                            base,
                            "token",
                            ServerTrust.platform(),
                            Throttle.system(),
                            Throttle.system(),
                            patience)) {
                assertThatExceptionOfType(IOException.class)
                        .isThrownBy(() -> attempt.make(client))
                        .isNotInstanceOf(RefusedException.class);
            }
        } finally {
            for (Socket connection : held) {
                connection.close();
            }
        }
    }

    private static void head(Socket connection) throws IOException {
        InputStream in = connection.getInputStream();
        String seen = "";
        while (!seen.endsWith("\r\n\r\n")) {
            seen += (char) in.read();
        }
    }

    private static Frame.Chunk chunk() {
        byte[] bytes = new byte[4 << 20];
        return new Frame.Chunk(
                new ContentId(new Id128(3, 4)),
                Sha256.hash(bytes),
                Codec.PLAIN,
                bytes.length,
                0,
                ByteBuffer.wrap(bytes));
    }

    @Test
    void aBodyThatIsNotTakenIsGivenUp() throws IOException {
        attempt(
                SilentServerTest::head,
                new Patience(SHORT, LONG, LONG),
                client -> client.send(UPLOAD, List.of(chunk(), chunk(), chunk(), chunk())));
    }

    @Test
    void anAnswerThatDoesNotComeIsGivenUp() throws IOException {
        attempt(
                connection -> {
                    head(connection);
                    byte[] some = new byte[64 << 10];
                    while (connection.getInputStream().read(some) >= 0) {
                        // It takes all and says nothing.
                    }
                },
                new Patience(LONG, SHORT, LONG),
                client -> client.send(UPLOAD, List.of(chunk())));
    }

    @Test
    void anAnswerThatStopsInTheMiddleIsGivenUp() throws IOException {
        attempt(
                connection -> {
                    head(connection);
                    connection
                            .getOutputStream()
                            .write(
                                    ("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
                                                    + "the beginning")
                                            .getBytes(StandardCharsets.US_ASCII));
                    connection.getOutputStream().flush();
                },
                new Patience(LONG, LONG, SHORT),
                client ->
                        client.read(
                                new NamespaceId(new Id128(5, 6)),
                                new ChunkReadRequest(
                                        List.of(
                                                new ChunkReadRequest.Address(
                                                        new NodeId(new Id128(7, 8)), 1L, 0))),
                                _ -> {}));
    }
}
