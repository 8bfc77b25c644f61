package dev.holdfast.blockgc;

import dev.holdfast.blockgc.AuditFinding.Severity;
import dev.holdfast.chunkstore.PackFile;
import dev.holdfast.chunkstore.PackListing;
import dev.holdfast.metadata.AuditRows;
import dev.holdfast.metadata.AuditRows.PackFacts;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.PackStage;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.model.PackId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Packs against files, a directory at a time. Rows and files cannot be read at one moment, so what
 * does not agree is looked at twice: a row is written before its file and removed after it, and
 * whatever was in between the first time is over the second time.
 */
final class PackAudit {
    private final CollectionStore store;
    private final PackListing files;
    private final int filesMax;

    /**
     * @param filesMax files whose names are kept at a time
     */
    PackAudit(CollectionStore store, PackListing files, int filesMax) {
        this.store = store;
        this.files = files;
        this.filesMax = filesMax;
    }

    /** Packs that do not agree with their files, of both kinds, to be looked at again. */
    private static final class Suspects {
        private final List<PackFacts> packs = new ArrayList<>();
        private final Map<PackId, PackFile> unknown = new HashMap<>();

        boolean isEmpty() {
            return packs.isEmpty() && unknown.isEmpty();
        }
    }

    /** Part by part of the directory's names: so much of it is in memory at once. */
    void check(JobRun run, int firstByte, Consumer<AuditFinding> found) throws IOException {
        @Nullable String from = null;
        @Nullable PackId after = null;
        do {
            NavigableMap<PackId, PackFile> listed = list(firstByte, after);
            run.add("files", listed.size());
            // Full: there may be more names behind the last one.
            after = listed.size() == filesMax ? listed.lastKey() : null;
            Suspects suspects = new Suspects();
            suspects.unknown.putAll(listed);
            from = compare(run, firstByte, from, after, listed, suspects, found);
            if (!suspects.isEmpty()) {
                again(run, firstByte, suspects, found);
            }
        } while (after != null);
    }

    /**
     * The rows up to a pack against its files.
     *
     * @param from where to go on among the rows; null to begin
     * @param last the pack; null for all rows
     * @return where to go on for the next part
     */
    private @Nullable String compare(
            JobRun run,
            int firstByte,
            @Nullable String from,
            @Nullable PackId last,
            Map<PackId, PackFile> listed,
            Suspects suspects,
            Consumer<AuditFinding> found)
            throws IOException {
        @Nullable String next = from;
        while (true) {
            run.goOn();
            var page = store.audit().packs(firstByte, next, AuditRows.PAGE_MAX);
            for (PackFacts pack : page.rows()) {
                if (last != null && pack.pack().compareTo(last) > 0) {
                    return next;
                }
                next = AuditRows.behind(pack.pack());
                run.add("packs", 1);
                suspects.unknown.remove(pack.pack());
                if (!agrees(pack, listed.get(pack.pack()))) {
                    suspects.packs.add(pack);
                }
            }
            if (suspects.packs.size() >= filesMax) {
                Suspects some = new Suspects();
                some.packs.addAll(suspects.packs);
                suspects.packs.clear();
                again(run, firstByte, some, found);
            }
            if (page.next() == null) {
                return next;
            }
        }
    }

    /** The first names behind one, in the order of their bytes. */
    private NavigableMap<PackId, PackFile> list(int firstByte, @Nullable PackId after)
            throws IOException {
        NavigableMap<PackId, PackFile> listed = new TreeMap<>();
        files.list(
                firstByte,
                file -> {
                    if (after == null || file.pack().compareTo(after) > 0) {
                        listed.put(file.pack(), file);
                        if (listed.size() > filesMax) {
                            listed.pollLastEntry();
                        }
                    }
                });
        return listed;
    }

    /** An open pack may have no file yet or one of any length; one being deleted, none any more. */
    private static boolean agrees(PackFacts pack, @Nullable PackFile file) {
        return switch (pack.stage()) {
            case OPEN, DELETING -> true;
            case SEALED, TRASHED ->
                    pack.length() == 0 || (file != null && file.length() >= pack.length());
        };
    }

    private void again(JobRun run, int firstByte, Suspects suspects, Consumer<AuditFinding> found)
            throws IOException {
        Map<PackId, PackFile> listed = new HashMap<>();
        Set<PackId> asked = new HashSet<>(suspects.unknown.keySet());
        suspects.packs.forEach(pack -> asked.add(pack.pack()));
        files.list(
                firstByte,
                file -> {
                    if (asked.contains(file.pack())) {
                        listed.put(file.pack(), file);
                    }
                });
        for (PackFacts suspect : suspects.packs) {
            run.goOn();
            var now = store.packs().pack(suspect.pack());
            PackFile file = listed.get(suspect.pack());
            if (now.isPresent() && now.get().stage() == suspect.stage() && !agrees(suspect, file)) {
                found.accept(broken(suspect, file, now.get().liveChunks()));
            }
        }
        for (PackFile file : suspects.unknown.values()) {
            run.goOn();
            if (listed.containsKey(file.pack()) && store.packs().pack(file.pack()).isEmpty()) {
                found.accept(
                        new AuditFinding(
                                Severity.WARNING,
                                "file-without-row",
                                "pack " + file.pack(),
                                "a file of " + file.length() + " bytes that no row names",
                                "after the metadata was restored: `holdfast fsck --rebuild-index`;"
                                        + " otherwise nothing needs it"));
            }
        }
    }

    private static AuditFinding broken(PackFacts pack, @Nullable PackFile file, long chunks) {
        boolean needed = chunks > 0 && pack.stage() == PackStage.SEALED;
        return new AuditFinding(
                needed ? Severity.ERROR : Severity.WARNING,
                file == null ? "pack-without-file" : "pack-cut-short",
                "pack " + pack.pack(),
                (file == null ? "there is no file" : "its file has " + file.length() + " bytes")
                        + " of "
                        + pack.length()
                        + "; chunks in it: "
                        + chunks,
                needed ? AuditRules.REPAIR : "nothing needs it; the collection removes its row");
    }
}
