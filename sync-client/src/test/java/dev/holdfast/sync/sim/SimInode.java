package dev.holdfast.sync.sim;

import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.tree.Fingerprint;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a name of a {@link SimDisk} stands for. */
final class SimInode {
    final long number;
    final NodeKind kind;
    final long birth;
    final Map<String, SimInode> children = new TreeMap<>();
    byte[] bytes = new byte[0];
    @Nullable String target;
    boolean executable;
    long mtime;
    long ctime;

    SimInode(long number, NodeKind kind, long now) {
        this.number = number;
        this.kind = kind;
        this.birth = now;
        this.mtime = now;
        this.ctime = now;
    }

    Fingerprint print() {
        long size = kind == NodeKind.FILE ? bytes.length : 0;
        return new Fingerprint(number, birth, ctime, mtime, size);
    }
}
