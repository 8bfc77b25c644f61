package dev.holdfast.benchmarks;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.concurrent.atomic.AtomicLong;

/** Stands between a client and a server and counts the bytes that pass, both ways. */
final class WireMeter implements AutoCloseable {
    private static final int BUFFER_BYTES = 256 << 10;

    private final ServerSocket listener;
    private final URI server;
    private final AtomicLong up = new AtomicLong();
    private final AtomicLong down = new AtomicLong();
    private final AtomicLong failed = new AtomicLong();

    WireMeter(String url) throws IOException {
        server = URI.create(url);
        listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
        Thread.ofVirtual().start(this::accept);
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    long up() {
        return up.get();
    }

    long down() {
        return down.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Socket onward = new Socket(server.getHost(), server.getPort());
                client.setTcpNoDelay(true);
                onward.setTcpNoDelay(true);
                Thread.ofVirtual().start(() -> pass(client, onward, up));
                Thread.ofVirtual().start(() -> pass(onward, client, down));
            } catch (IOException e) {
                // Closed, or one connection less: the client makes another one.
                failed.incrementAndGet();
            }
        }
    }

    private void pass(Socket from, Socket to, AtomicLong count) {
        try (from;
                to;
                InputStream in = from.getInputStream();
                OutputStream out = to.getOutputStream()) {
            byte[] buffer = new byte[BUFFER_BYTES];
            int length = in.read(buffer);
            while (length >= 0) {
                count.addAndGet(length);
                out.write(buffer, 0, length);
                length = in.read(buffer);
            }
        } catch (IOException e) {
            // One side has closed, and with it goes the other.
            failed.incrementAndGet();
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
