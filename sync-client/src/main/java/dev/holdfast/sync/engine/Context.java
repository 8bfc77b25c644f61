package dev.holdfast.sync.engine;

import dev.holdfast.model.NamespaceId;
import dev.holdfast.sync.disk.Disk;
import dev.holdfast.sync.plan.Scope;
import dev.holdfast.sync.server.SyncServer;
import dev.holdfast.sync.store.StateStore;
import java.time.InstantSource;
import java.util.random.RandomGenerator;

/**
 * Everything the engine touches, handed in.
 *
 * @param random of cryptographic quality outside of tests, safe for several threads: ids come from
 *     it
 */
public record Context(
        NamespaceId namespace,
        Disk disk,
        SyncServer server,
        StateStore store,
        Workers workers,
        InstantSource clock,
        RandomGenerator random,
        Naming naming,
        Progress progress) {
    /** The parts of {@link Scope} that do not change while the engine runs. */
    public interface Naming {
        /** The rules may have changed: they are looked at again. */
        default void refresh() {}

        boolean ignored(String path, boolean folder);

        boolean takesAll();

        String conflictName(String name, int attempt);
    }
}
