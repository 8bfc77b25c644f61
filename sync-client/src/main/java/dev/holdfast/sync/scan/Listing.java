package dev.holdfast.sync.scan;

import dev.holdfast.sync.disk.DiskEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What one folder holds, as read from the disk; subfolders only as far as they were read. */
final class Listing {
    final String path;
    final List<DiskEntry> entries = new ArrayList<>();
    final Map<String, Listing> folders = new HashMap<>();

    /** It holds ignored or unknown files. */
    boolean holds;

    /** It could not be read: nothing may be concluded from what is missing. */
    boolean unreadable;

    Listing(String path) {
        this.path = path;
    }
}
