package dev.holdfast.repair;

import dev.holdfast.chunkstore.PackFile;
import dev.holdfast.chunkstore.PackReplicas;
import dev.holdfast.chunkstore.Packs;
import dev.holdfast.metadata.PackWriterLease;
import dev.holdfast.model.PackId;
import java.io.IOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Real replicas, of which some DataNodes do not answer, or are away without a trace. */
class WatchedReplicas implements PackReplicas {
    private final PackReplicas real;
    final Set<String> silent = new HashSet<>();
    final Set<String> away = new HashSet<>();

    WatchedReplicas(PackReplicas real) {
        this.real = real;
    }

    @Override
    public Optional<Located> locate(PackId file) throws IOException {
        return real.locate(file)
                .map(at ->
                        new Located(
                                at.file(),
                                at.length(),
                                at.open(),
                                at.wanted(),
                                at.replicas().stream()
                                        .filter(replica -> !away.contains(replica.node()))
                                        .toList()));
    }

    @Override
    public Read read(Located located, Replica replica, long offset, int length) {
        return silent.contains(replica.node())
                ? new Read.Unavailable("connection refused")
                : real.read(located, replica, offset, length);
    }

    @Override
    public Stream stream(Located located, Replica replica, long offset, long length)
            throws IOException {
        if (silent.contains(replica.node())) {
            throw new IOException("connection refused");
        }
        return real.stream(located, replica, offset, length);
    }

    @Override
    public Optional<PackId> identity(Located located, Replica replica) throws IOException {
        return real.identity(located, replica);
    }

    @Override
    public List<Packs.Entry> records(PackId pack, Located located, Replica replica)
            throws IOException {
        return real.records(pack, located, replica);
    }

    @Override
    public void reportBad(Located located, Replica replica) throws IOException {
        real.reportBad(located, replica);
    }

    @Override
    public Map<String, String> dataNodes() throws IOException {
        Map<String, String> nodes = new HashMap<>(real.dataNodes());
        nodes.keySet().removeAll(away);
        return nodes;
    }

    @Override
    public void list(Consumer<PackFile> each) throws IOException {
        real.list(each);
    }

    @Override
    public Rescue begin(PackWriterLease pack) throws IOException {
        return real.begin(pack);
    }

    @Override
    public void close() {
        real.close();
    }
}
