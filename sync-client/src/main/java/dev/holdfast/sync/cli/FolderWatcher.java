package dev.holdfast.sync.cli;

import dev.holdfast.model.NodeId;
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

    private final Path root;
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
    FolderWatcher(Path root, Runnable wake) throws IOException {
        this.root = root;
        this.wake = wake;
        this.service = FileSystems.getDefault().newWatchService();
        Thread.ofPlatform().daemon().name("watch").start(this::listen);
    }

    /**
     * Watches these folders, too; a folder that is watched already gets its new node. A folder that
     * was not counts as changed: what came into it between its scan and its watch was seen by
     * neither.
     */
    void watch(Map<NodeId, String> folders) {
        for (Map.Entry<NodeId, String> folder : folders.entrySet()) {
            try {
                WatchKey key = root.resolve(folder.getValue()).register(service, KINDS);
                if (nodes.put(key, folder.getKey()) == null) {
                    unseen(folder.getKey());
                }
            } catch (NoSuchFileException | NotDirectoryException e) {
                // It went again; the watch on the folder above it has told.
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
