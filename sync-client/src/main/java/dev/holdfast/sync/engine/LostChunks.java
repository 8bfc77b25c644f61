package dev.holdfast.sync.engine;

import dev.holdfast.model.ContentHash;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.frames.Codec;
import dev.holdfast.model.frames.Frame;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.ContentPart;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.model.wire.WantedChunks;
import dev.holdfast.sync.disk.Disk;
import dev.holdfast.sync.server.PausedException;
import dev.holdfast.sync.server.RefusedException;
import dev.holdfast.sync.store.StateStore;
import dev.holdfast.sync.tree.LocalNode;
import dev.holdfast.sync.tree.Trees;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Sends chunks again that the server has lost, when a file of the folder still holds them.
 *
 * <p>The server names chunks of this namespace; where their bytes lie is looked up in what is known
 * of the folder, and what is read there counts only when its SHA-256 is the chunk's. They go up
 * under an upload that is abandoned afterwards: the files that need them refer to them already.
 * Nothing of that changes a tree, and nothing of it may keep the folder from being synced: what
 * fails is tried again later. All but {@link #noticed} is for the control thread.
 */
public final class LostChunks {
    private static final long REQUEST_BYTES_MAX = 6L << 20;
    private static final long TURN_BYTES_MAX = 64L << 20;
    private static final int TURN_PAGES_MAX = 16;

    /** From the beginning again, for the bytes may have come into the folder meanwhile. */
    private static final long ALL_AGAIN_MILLIS = 3_600_000;

    private static final long RETRY_MILLIS = 60_000;

    private final Context context;
    private final Trees trees;
    private String cursor = "";
    private volatile boolean asked;
    private long allAgainAtMillis;
    private long notBeforeMillis;

    LostChunks(Context context, Trees trees) {
        this.context = context;
        this.trees = trees;
    }

    /** The server wants something; may be called from any thread. */
    public void noticed() {
        asked = true;
    }

    /** How long until {@link #serve} has something to do; {@link Long#MAX_VALUE} for unknown. */
    long nextInMillis() {
        return asked ? Math.max(1, notBeforeMillis - context.clock().millis()) : Long.MAX_VALUE;
    }

    /**
     * Sends what is wanted and there, up to a bound; the rest has its turn at the next call.
     *
     * @param feed where the feed was read to
     */
    void serve(@Nullable String feed) throws IOException {
        long now = context.clock().millis();
        if (feed == null || now < notBeforeMillis || (!asked && now < allAgainAtMillis)) {
            return;
        }
        if (now >= allAgainAtMillis) {
            cursor = "";
            allAgainAtMillis = now + ALL_AGAIN_MILLIS;
        }
        asked = false;
        try {
            pages(feed);
        } catch (PausedException e) {
            asked = true;
            throw e;
        } catch (RefusedException e) {
            if (e.code() == ProblemCode.NOT_SIGNED_IN) {
                throw e;
            }
            later(now, e);
        } catch (IOException e) {
            later(now, e);
        }
    }

    private void later(long now, IOException e) {
        asked = true;
        notBeforeMillis = now + RETRY_MILLIS;
        context.progress().happened("lost chunks not sent", String.valueOf(e.getMessage()));
    }

    private void pages(String feed) throws IOException {
        long bytes = 0;
        for (int page = 0; page < TURN_PAGES_MAX && bytes < TURN_BYTES_MAX; page++) {
            WantedChunks wanted = context.server().wanted(context.namespace(), feed, cursor);
            if (wanted == null) {
                return;
            }
            bytes += send(wanted.chunks());
            cursor = wanted.cursor();
        }
        asked = true;
    }

    private long send(List<ChunkRef> wanted) throws IOException {
        Map<Sha256, List<StateStore.ChunkPlace>> places = places(wanted);
        Map<ChunkRef, ByteBuffer> some = new LinkedHashMap<>();
        long all = 0;
        long bytes = 0;
        for (ChunkRef chunk : new LinkedHashSet<>(wanted)) {
            ByteBuffer found = read(chunk, places.getOrDefault(chunk.hash(), List.of()));
            if (found == null) {
                continue;
            }
            if (bytes + chunk.length() > REQUEST_BYTES_MAX) {
                upload(some, bytes);
                some.clear();
                bytes = 0;
            }
            some.put(chunk, found);
            bytes += chunk.length();
            all += chunk.length();
        }
        if (!some.isEmpty()) {
            upload(some, bytes);
        }
        return all;
    }

    /** Where the chunks may lie: in files cut into several, or as a file of a single one. */
    private Map<Sha256, List<StateStore.ChunkPlace>> places(List<ChunkRef> wanted) {
        Map<Sha256, List<StateStore.ChunkPlace>> places = new HashMap<>();
        Map<Sha256, ChunkRef> single = new HashMap<>();
        for (ChunkRef chunk : wanted) {
            places.put(chunk.hash(), new ArrayList<>(context.store().findChunk(chunk.hash())));
            single.put(ContentHash.of(List.of(chunk)), chunk);
        }
        if (single.isEmpty()) {
            return places;
        }
        for (LocalNode node : trees.local().all()) {
            Sha256 content = node.contentHash();
            ChunkRef chunk = content == null ? null : single.get(content);
            List<StateStore.ChunkPlace> known = chunk == null ? null : places.get(chunk.hash());
            if (chunk != null && known != null) {
                known.add(new StateStore.ChunkPlace(node.node(), 0, chunk.length()));
            }
        }
        return places;
    }

    /** The chunk's bytes, checked; null when no file holds them any more. */
    private @Nullable ByteBuffer read(ChunkRef chunk, List<StateStore.ChunkPlace> places) {
        for (StateStore.ChunkPlace place : places) {
            String path = trees.local().path(place.node());
            if (path != null && place.length() == chunk.length()) {
                ByteBuffer bytes = read(path, place);
                if (bytes != null && Sha256.hash(bytes.duplicate()).equals(chunk.hash())) {
                    return bytes;
                }
            }
        }
        return null;
    }

    private @Nullable ByteBuffer read(String path, StateStore.ChunkPlace place) {
        ByteBuffer bytes = ByteBuffer.allocate(place.length());
        try (Disk.Reader reader = context.disk().read(path)) {
            int count = 0;
            while (bytes.hasRemaining() && count >= 0) {
                count = reader.read(place.offset() + bytes.position(), bytes);
            }
        } catch (IOException e) {
            // It went or changed meanwhile; another file, or another device, may have it.
            return null;
        }
        return bytes.hasRemaining() ? null : bytes.flip();
    }

    private void upload(Map<ChunkRef, ByteBuffer> some, long bytes) throws IOException {
        UploadId upload = UploadId.random(context.random());
        ContentId content = ContentId.random(context.random());
        List<ChunkRef> chunks = List.copyOf(some.keySet());
        context.store().putUpload(upload);
        // Of one that is cut, the next cycle abandons the rest.
        context.server().begin(new UploadStart(upload, context.namespace(), bytes));
        ContentPart part = new ContentPart(content, 0, true, chunks);
        DeclarationResult declared =
                context.server().declare(upload, new Declaration(List.of(part)));
        Set<Integer> missing = Set.copyOf(declared.contents().getFirst().missing());
        List<Frame.Chunk> frames = new ArrayList<>();
        for (int i = 0; i < chunks.size(); i++) {
            ChunkRef chunk = chunks.get(i);
            ByteBuffer payload = some.get(chunk);
            if (missing.contains(i) && payload != null) {
                frames.add(
                        new Frame.Chunk(
                                content, chunk.hash(), Codec.PLAIN, chunk.length(), 0, payload));
            }
        }
        if (!frames.isEmpty()) {
            Uploader.refused(context.server().send(upload, frames));
            frames.forEach(frame -> context.progress().bytesUp(frame.plainLength()));
            context.progress().happened("lost chunks sent again", frames.size() + " chunks");
        }
        context.server().abandon(upload);
        context.store().removeUpload(upload);
    }
}
