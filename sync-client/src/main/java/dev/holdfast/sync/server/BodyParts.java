package dev.holdfast.sync.server;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.net.http.HttpRequest;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A body in the making: what is large in it is sent from the array it came in. */
final class BodyParts extends OutputStream {
    private static final int COPIED_BYTES_MAX = 32 << 10;

    private final List<ByteBuffer> parts = new ArrayList<>();
    private final ByteArrayOutputStream copied = new ByteArrayOutputStream();

    @Override
    public void write(int b) {
        copied.write(b);
    }

    @Override
    public void write(byte[] bytes, int from, int length) {
        if (length <= COPIED_BYTES_MAX) {
            copied.write(bytes, from, length);
        } else {
            endCopied();
            parts.add(ByteBuffer.wrap(bytes, from, length));
        }
    }

    private void endCopied() {
        parts.add(ByteBuffer.wrap(copied.toByteArray()));
        copied.reset();
    }

    HttpRequest.BodyPublisher publisher() {
        endCopied();
        return HttpRequest.BodyPublishers.concat(
                parts.stream()
                        .map(part ->
                                HttpRequest.BodyPublishers.ofByteArray(
                                        part.array(),
                                        part.arrayOffset() + part.position(),
                                        part.remaining()))
                        .toArray(HttpRequest.BodyPublisher[]::new));
    }

    HttpRequest.BodyPublisher publisherAt(Throttle throttle) {
        endCopied();
        long length = parts.stream().mapToLong(ByteBuffer::remaining).sum();
        return HttpRequest.BodyPublishers.fromPublisher(
                HttpRequest.BodyPublishers.ofInputStream(() -> throttle.slow(stream())), length);
    }

    private InputStream stream() {
        return new SequenceInputStream(
                Collections.enumeration(
                        parts.stream()
                                .map(part ->
                                        new ByteArrayInputStream(
                                                part.array(),
                                                part.arrayOffset() + part.position(),
                                                part.remaining()))
                                .toList()));
    }
}
