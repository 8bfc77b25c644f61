package dev.holdfast.gateway.http.transfer;

import dev.holdfast.chunkstore.ChunkReads;
import dev.holdfast.chunkstore.ChunkStore;
import dev.holdfast.chunkstore.StoredChunk;
import dev.holdfast.gateway.http.Exchange;
import dev.holdfast.gateway.http.ProblemException;
import dev.holdfast.metadata.Caller;
import dev.holdfast.metadata.ChunkToRead;
import dev.holdfast.metadata.Nodes;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Limits;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.ChunkReadRequest;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.Manifest;
import io.helidon.http.HeaderName;
import io.helidon.http.HeaderNames;
import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends a file, or a range of it, as plain bytes. Access is decided anew for every batch of chunks.
 * The first chunk is read before the answer begins, so that what is lost is a problem document; a
 * chunk that turns out lost later can only cut the connection.
 */
public final class ContentOutlet {
    private static final String TYPE = "application/octet-stream";
    private static final HeaderName REPR_DIGEST = HeaderNames.create("Repr-Digest");
    private static final Sha256 EMPTY = Sha256.hash(new byte[0]);

    /** Chunks located in one transaction. */
    private static final int BATCH_CHUNKS = 128;

    private final Nodes nodes;
    private final ChunkStore chunks;

    public ContentOutlet(Nodes nodes, ChunkStore chunks) {
        this.nodes = nodes;
        this.chunks = chunks;
    }

    /** What is asked for. */
    public record Request(
            Caller caller, NamespaceId ns, NodeId node, @Nullable Long contentRev, boolean head) {}

    /** Answers a GET or HEAD of a file's content, conditions and ranges included. */
    public void send(Exchange exchange, Request request) throws IOException {
        Manifest first = manifest(request, request.contentRev(), 0);
        String tag = "\"c" + first.contentRev() + "\"";
        exchange.set(HeaderNames.ETAG, tag);
        exchange.set(HeaderNames.ACCEPT_RANGES, "bytes");
        exchange.set(HeaderNames.CACHE_CONTROL, "private, no-cache");
        if (lists(exchange.header(HeaderNames.IF_NONE_MATCH), tag)) {
            exchange.empty(304);
            return;
        }
        String required = exchange.header(HeaderNames.IF_MATCH);
        if (required != null && !lists(required, tag)) {
            throw new ProblemException(
                    ProblemCode.PRECONDITION_FAILED, "the content has another version now");
        }
        ByteRange range = range(exchange, tag, first.size());
        int status = range == null ? 200 : 206;
        ByteRange part = range == null ? new ByteRange(0, first.size()) : range;
        if (range != null) {
            exchange.set(
                    HeaderNames.CONTENT_RANGE,
                    "bytes " + part.from() + "-" + (part.to() - 1) + "/" + first.size());
        }
        setDigests(exchange, first, part);
        if (request.head() || part.length() == 0) {
            exchange.set(HeaderNames.CONTENT_TYPE, TYPE);
            exchange.length(part.length());
            exchange.empty(status);
            return;
        }
        new Sending(exchange, request, first, part, status).run();
    }

    /**
     * The whole file's SHA-256, where it is known without reading the file: it is that of its only
     * chunk. Longer files have none; their manifest names the hash of every chunk.
     */
    private static void setDigests(Exchange exchange, Manifest manifest, ByteRange part) {
        Sha256 whole;
        if (manifest.size() == 0) {
            whole = EMPTY;
        } else if (manifest.chunkCount() == 1) {
            whole = manifest.chunks().getFirst().hash();
        } else {
            return;
        }
        exchange.set(REPR_DIGEST, Exchange.digest(whole));
        if (part.length() == manifest.size()) {
            exchange.set(Exchange.CONTENT_DIGEST, Exchange.digest(whole));
        }
    }

    private static @Nullable ByteRange range(Exchange exchange, String tag, long size) {
        String condition = exchange.header(HeaderNames.IF_RANGE);
        if (condition != null && !condition.strip().equals(tag)) {
            return null;
        }
        try {
            return ByteRange.parse(exchange.header(HeaderNames.RANGE), size);
        } catch (ProblemException e) {
            exchange.lasting(HeaderNames.CONTENT_RANGE, "bytes */" + size);
            throw e;
        }
    }

    private static boolean lists(@Nullable String header, String tag) {
        if (header == null) {
            return false;
        }
        for (String item : header.split(",", -1)) {
            String plain = item.strip();
            if (plain.equals("*") || plain.equals(tag)) {
                return true;
            }
        }
        return false;
    }

    private Manifest manifest(Request request, @Nullable Long contentRev, int from) {
        return Exchange.granted(
                nodes.manifest(
                        request.caller(),
                        request.ns(),
                        request.node(),
                        contentRev,
                        from,
                        Limits.PAGE_ENTRIES_MAX));
    }

    /** One answer on its way. */
    private final class Sending {
        private final Exchange exchange;
        private final Request request;
        private final ByteRange part;
        private final int status;
        private Manifest page;
        private long offset;
        private @Nullable OutputStream out;

        Sending(Exchange exchange, Request request, Manifest first, ByteRange part, int status) {
            this.exchange = exchange;
            this.request = request;
            this.page = first;
            this.part = part;
            this.status = status;
        }

        void run() throws IOException {
            sendPage();
            while (offset < part.to() && page.next() != null) {
                page = manifest(request, page.contentRev(), page.next());
                sendPage();
            }
            if (out != null) {
                out.close();
            }
        }

        private void sendPage() throws IOException {
            List<ChunkReadRequest.Address> wanted = new ArrayList<>();
            long start = offset;
            for (int i = 0; i < page.chunks().size() && offset < part.to(); i++) {
                ChunkRef chunk = page.chunks().get(i);
                if (offset + chunk.length() > part.from()) {
                    if (wanted.isEmpty()) {
                        start = offset;
                    }
                    wanted.add(
                            new ChunkReadRequest.Address(
                                    request.node(), page.contentRev(), page.from() + i));
                }
                offset += chunk.length();
            }
            long at = start;
            for (int from = 0; from < wanted.size(); from += BATCH_CHUNKS) {
                int to = Math.min(wanted.size(), from + BATCH_CHUNKS);
                at = sendChunks(wanted.subList(from, to), at);
            }
        }

        private long sendChunks(List<ChunkReadRequest.Address> addresses, long start)
                throws IOException {
            List<StoredChunk> stored = new ArrayList<>(addresses.size());
            for (Answer<ChunkToRead> answer :
                    Exchange.granted(nodes.chunks(request.caller(), request.ns(), addresses))) {
                ChunkToRead chunk = Exchange.granted(answer);
                stored.add(new StoredChunk(chunk.hash(), chunk.location()));
            }
            long at = start;
            try (ChunkReads reads = chunks.read(stored)) {
                while (reads.hasNext()) {
                    byte[] plain = reads.next();
                    int from = (int) Math.max(0, part.from() - at);
                    int to = (int) Math.min(plain.length, part.to() - at);
                    opened().write(plain, from, to - from);
                    at += plain.length;
                }
            }
            return at;
        }

        private OutputStream opened() {
            if (out == null) {
                out = exchange.streamed(status, TYPE, part.length());
            }
            return out;
        }
    }
}
