package dev.holdfast.sync.cli;

import dev.holdfast.model.NodeId;
import dev.holdfast.sync.engine.Engine;
import dev.holdfast.sync.tree.Fingerprint;
import java.io.IOException;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.FileSystems;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchEvent;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Notices which folders change. A watch follows its folder through renames, so it is kept under the
 * folder's node and not under a path. What it misses the periodic rescan finds.
 */
final class FolderWatcher implements AutoCloseable {
    private static final WatchEvent.Kind<?>[] KINDS = {
        StandardWatchEventKinds.ENTRY_CREATE,
        StandardWatchEventKinds.ENTRY_DELETE,
        StandardWatchEventKinds.ENTRY_MODIFY
    };

    /** Tells whether a folder still stands at the path. */
    interface Identity {
        boolean stands(String path, Fingerprint print) throws IOException;
    }

    private final Path root;
    private final Identity identity;
    private final Runnable wake;
    private final WatchService service;
    private final Map<WatchKey, NodeId> nodes = new ConcurrentHashMap<>();
    private final Set<NodeId> changed = new HashSet<>();
    private boolean overflow;
    private volatile boolean limited;

    /**
     * A watcher.
     *
     * @param wake called from its thread when something has changed
     */
    FolderWatcher(Path root, Identity identity, Runnable wake) throws IOException {
        this.root = root;
        this.identity = identity;
        this.wake = wake;
        this.service = FileSystems.getDefault().newWatchService();
        Thread.ofPlatform().daemon().name("watch").start(this::listen);
    }

    /**
     * Watches these folders, too; a folder that is watched already gets its new node. A folder that
     * was not counts as changed: what came into it between its scan and its watch was seen by
     * neither.
     *
     * @return those that do not stand where they were seen: they went again, or were moved
     *     meanwhile and are to be watched where they are then
     */
    Set<NodeId> watch(Map<NodeId, Engine.Folder> folders) {
        Set<NodeId> notFound = new HashSet<>();
        for (Map.Entry<NodeId, Engine.Folder> folder : folders.entrySet()) {
            String path = folder.getValue().path();
            try {
                WatchKey key = root.resolve(path).register(service, KINDS);
                if (!identity.stands(path, folder.getValue().print())) {
                    notFound.add(folder.getKey());
                } else if (nodes.put(key, folder.getKey()) == null) {
                    unseen(folder.getKey());
                }
            } catch (NoSuchFileException | NotDirectoryException e) {
                notFound.add(folder.getKey());
                // The watch on the folder above it has told.
                wake.run();
            } catch (IOException e) {
                if (!limited) {
                    limited = true;
                    Output.say(
                            "not all folders can be watched ("
                                    + e.getMessage()
                                    + "); the folder is scanned every 10 seconds instead. Raise"
                                    + " fs.inotify.max_user_watches to watch them all");
                }
            }
        }
        return notFound;
    }

    private void unseen(NodeId folder) {
        synchronized (this) {
            changed.add(folder);
        }
        wake.run();
    }

    /** True when some folders are not watched. */
    boolean limited() {
        return limited;
    }

    private void listen() {
        try {
            while (true) {
                take(service.take());
                wake.run();
            }
        } catch (ClosedWatchServiceException e) {
            nodes.clear();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized void take(WatchKey key) {
        NodeId node = nodes.get(key);
        for (WatchEvent<?> event : key.pollEvents()) {
            overflow |= event.kind().equals(StandardWatchEventKinds.OVERFLOW);
        }
        if (node == null) {
            overflow = true;
        } else {
            changed.add(node);
        }
        if (!key.reset()) {
            nodes.remove(key);
        }
    }

    /** True, once, after events were lost: everything has to be read. */
    synchronized boolean takeOverflow() {
        boolean taken = overflow;
        overflow = false;
        return taken;
    }

    /** Folders that have changed since the last call. */
    synchronized Set<NodeId> takeChanged() {
        Set<NodeId> taken = new HashSet<>(changed);
        changed.clear();
        return taken;
    }

    @Override
    public void close() throws IOException {
        service.close();
    }
}
