package dev.holdfast.chunkstore;

import dev.holdfast.model.PackId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Open packs, the least recently used of them closed beyond a limit. A stream in use is closed by
 * its last user. Opening costs a round trip to the NameNode; that is what is saved.
 */
final class PackInputs implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PackInputs.class);

    private final PackFiles files;
    private final int streamsMax;
    private final Map<PackId, Shared> open = new LinkedHashMap<>(16, 0.75f, true);

    PackInputs(PackFiles files, int streamsMax) {
        this.files = files;
        this.streamsMax = streamsMax;
    }

    private static final class Shared {
        private final PackFiles.Input input;
        private int users;
        private boolean dropped;

        Shared(PackFiles.Input input) {
            this.input = input;
        }
    }

    /** A use of a stream; close it soon. */
    final class Use implements AutoCloseable {
        private final Shared shared;

        private Use(Shared shared) {
            this.shared = shared;
        }

        PackFiles.Input input() {
            return shared.input;
        }

        @Override
        public void close() {
            giveBack(shared);
        }
    }

    /**
     * A stream on the pack that reaches at least to {@code end}, if the file does: a stream opened
     * while the pack was being written knows no more than was there then.
     */
    Use use(PackId pack, long end) throws IOException {
        synchronized (open) {
            Shared known = open.get(pack);
            if (known != null && known.input.length() >= end) {
                known.users++;
                return new Use(known);
            }
        }
        return fresh(pack);
    }

    /** A stream opened now, which replaces the one kept. */
    Use fresh(PackId pack) throws IOException {
        Shared opened = new Shared(files.open(pack));
        opened.users = 1;
        List<Shared> idle = new ArrayList<>();
        synchronized (open) {
            Shared before = open.put(pack, opened);
            if (before != null) {
                drop(before, idle);
            }
            Iterator<Shared> oldest = open.values().iterator();
            while (open.size() > streamsMax) {
                Shared eldest = oldest.next();
                oldest.remove();
                drop(eldest, idle);
            }
        }
        idle.forEach(PackInputs::closeQuietly);
        return new Use(opened);
    }

    int size() {
        synchronized (open) {
            return open.size();
        }
    }

    private static void drop(Shared shared, List<Shared> idle) {
        shared.dropped = true;
        if (shared.users == 0) {
            idle.add(shared);
        }
    }

    private void giveBack(Shared shared) {
        boolean last;
        synchronized (open) {
            shared.users--;
            last = shared.dropped && shared.users == 0;
        }
        if (last) {
            closeQuietly(shared);
        }
    }

    private static void closeQuietly(Shared shared) {
        try {
            shared.input.close();
        } catch (IOException e) {
            log.debug("a stream did not close", e);
        }
    }

    @Override
    public void close() {
        List<Shared> idle = new ArrayList<>();
        synchronized (open) {
            open.values().forEach(shared -> drop(shared, idle));
            open.clear();
        }
        idle.forEach(PackInputs::closeQuietly);
    }
}
