package dev.holdfast.sync.past;

import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.Op;
import dev.holdfast.model.wire.OpBatch;
import dev.holdfast.model.wire.OpResult;
import dev.holdfast.model.wire.VersionList;
import dev.holdfast.sync.server.PastServer;
import dev.holdfast.sync.server.RefusedException;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import java.util.function.LongFunction;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Brings back an old version of a file, or what lies in the trash. Only the server is changed; the
 * devices get it as they get every change. Nothing is overwritten: the content there is now becomes
 * a version, and where a name is taken the restored thing gets a name beside it.
 */
public final class Restorer {
    private static final int ATTEMPTS_MAX = 3;

    /** Gives operations sequences that no other operation of the device has. */
    public interface Sequences {
        long next();

        /** The lowest sequence whose result the device may still ask for. */
        long outstanding();
    }

    /** Which of its versions a file is to have again. */
    public sealed interface Which {
        /** The one it has, or had when it was trashed. */
        record Last() implements Which {}

        record Numbered(long contentRev) implements Which {}

        /** The one that was current at that time. */
        record At(Instant time) implements Which {}
    }

    /**
     * What was done.
     *
     * @param path where it is now
     * @param fromTrash it was in the trash
     * @param version whose content it has again; null when the content was left as it was
     */
    public record Restored(
            NodeState node, String path, boolean fromTrash, @Nullable Long version) {}

    private final PastServer server;
    private final NamespaceId namespace;
    private final Sequences sequences;
    private final RandomGenerator random;

    public Restorer(
            PastServer server, NamespaceId namespace, Sequences sequences, RandomGenerator random) {
        this.server = server;
        this.namespace = namespace;
        this.sequences = sequences;
        this.random = random;
    }

    /**
     * Restores what has, or last had, the path.
     *
     * @throws NothingThereException when there is nothing to be restored, with what to do instead
     * @throws RefusedException when the server refuses
     */
    public Restored restore(String path, Which which) throws IOException {
        NodeState live = live(path);
        boolean content = !(which instanceof Which.Last);
        if (live != null && content) {
            return version(live, path, false, which);
        }
        Trash.Item item = trashed(path, live != null);
        NodeState back = bringBack(item, path);
        String now = beside(path, back.name());
        return content ? version(back, now, true, which) : new Restored(back, now, true, null);
    }

    /** The live node at the path; null when there is none. */
    public @Nullable NodeState live(String path) throws IOException {
        try {
            return server.byPath(namespace, path);
        } catch (RefusedException e) {
            if (e.code() != ProblemCode.NOT_FOUND && e.code() != ProblemCode.GONE) {
                throw e;
            }
            return null;
        }
    }

    private static String folderOf(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    private static String nameOf(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    private static String beside(String path, String name) {
        String folder = folderOf(path);
        return folder.isEmpty() ? name : folder + "/" + name;
    }

    private Trash.Item trashed(String path, boolean live) throws IOException {
        List<Trash.Item> items = Trash.list(server, namespace);
        Trash.Item found = Trash.last(items, path);
        if (found == null && !live) {
            found = Trash.lastNamed(items, nameOf(path));
        }
        if (found != null) {
            return found;
        }
        if (live) {
            throw new NothingThereException(
                    path
                            + " is not in the trash; name the version it is to have again with"
                            + " --version N (`holdfast sync history` lists them) or --at TIME");
        }
        Trash.Item above = Trash.above(items, path);
        throw new NothingThereException(
                above == null
                        ? path + " is neither on the server nor in its trash"
                        : path
                                + " lay in the folder "
                                + above.path()
                                + ", which is in the trash as a whole; `holdfast sync restore "
                                + above.path()
                                + "` brings it back with all that is in it");
    }

    private NodeState bringBack(Trash.Item item, String path) throws IOException {
        NodeId node = item.node().node();
        OpResult result = run(sequence -> new Op.Restore(sequence, node, null, null));
        if (result.code() == ProblemCode.GONE || result.code() == ProblemCode.NOT_FOUND) {
            NodeId parent = folder(folderOf(path));
            result = run(sequence -> new Op.Restore(sequence, node, parent, nameOf(path)));
        }
        return done(result);
    }

    /** The folder at the path, made where it is not there any more, with those above it. */
    private NodeId folder(String path) throws IOException {
        if (path.isEmpty()) {
            return NodeId.rootOf(namespace);
        }
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            NodeState there = live(path);
            if (there != null && there.kind() != NodeKind.FOLDER) {
                throw new NothingThereException(
                        "the folder "
                                + path
                                + " is gone and a file has its name; move that away first");
            }
            if (there != null) {
                return there.node();
            }
            NodeId parent = folder(folderOf(path));
            NodeId made = NodeId.random(random);
            OpResult result =
                    run(sequence -> new Op.CreateFolder(sequence, made, parent, nameOf(path)));
            if (result.code() != ProblemCode.NAME_TAKEN && result.code() != ProblemCode.GONE) {
                return done(result).node();
            }
        }
        throw new IOException("others are changing the folder " + path + "; try again");
    }

    private Restored version(NodeState node, String path, boolean fromTrash, Which which)
            throws IOException {
        if (node.kind() == NodeKind.FOLDER) {
            throw new NothingThereException(
                    path + " is a folder; versions are kept of files and links only");
        }
        long wanted = choose(server.versions(namespace, node.node()), path, which);
        if (wanted == node.contentRev()) {
            return new Restored(node, path, fromTrash, wanted);
        }
        long base = node.contentRev();
        OpResult result =
                run(sequence -> new Op.RestoreVersion(sequence, node.node(), wanted, base));
        if (result.code() == ProblemCode.CONFLICT) {
            throw new IOException(path + " is being changed by somebody else; try again");
        }
        return new Restored(done(result), path, fromTrash, wanted);
    }

    private static long choose(VersionList list, String path, Which which) throws IOException {
        return switch (which) {
            case Which.Last() -> list.versions().getFirst().contentRev();
            case Which.Numbered(long rev) -> {
                if (list.versions().stream().noneMatch(one -> one.contentRev() == rev)) {
                    throw new NothingThereException(
                            path
                                    + " has no version "
                                    + rev
                                    + ", or it is no longer kept; `holdfast sync history` lists"
                                    + " what there is");
                }
                yield rev;
            }
            case Which.At(Instant time) ->
                    list.versions().stream()
                            .filter(one -> one.createdAtMillis() <= time.toEpochMilli())
                            .mapToLong(VersionList.Entry::contentRev)
                            .max()
                            .orElseThrow(() -> tooEarly(list, path, time));
        };
    }

    private static NothingThereException tooEarly(VersionList list, String path, Instant time) {
        Instant oldest = Instant.ofEpochMilli(list.versions().getLast().createdAtMillis());
        return new NothingThereException(
                "no version of "
                        + path
                        + " is kept that was there at "
                        + time
                        + "; the oldest one is of "
                        + oldest);
    }

    private static NodeState done(OpResult result) throws IOException {
        ProblemCode code = result.code();
        if (code != null) {
            throw new RefusedException(
                    code, Objects.requireNonNullElse(result.detail(), "the server refuses it"));
        }
        return Objects.requireNonNull(result.node(), "the server's answer names no node");
    }

    /** Runs one operation; after a lost answer it is sent again and has the effect of one. */
    private OpResult run(LongFunction<Op> make) throws IOException {
        OpResult last = null;
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            last = send(make.apply(sequences.next()));
            if (last.code() != ProblemCode.OP_EXPIRED) {
                return last;
            }
            // The running client has sent later ones meanwhile: this one was never carried out.
        }
        return Objects.requireNonNull(last);
    }

    private OpResult send(Op op) throws IOException {
        IOException failure = null;
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            try {
                long outstanding = Math.min(sequences.outstanding(), op.sequence());
                return server.apply(namespace, new OpBatch(outstanding, List.of(op)))
                        .results()
                        .getFirst();
            } catch (RefusedException e) {
                throw e;
            } catch (IOException e) {
                failure = e;
            }
        }
        throw Objects.requireNonNull(failure);
    }
}
