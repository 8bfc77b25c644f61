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
import java.util.List;
import java.util.Map;
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

    PackAudit(CollectionStore store, PackListing files) {
        this.store = store;
        this.files = files;
    }

    void check(JobRun run, int firstByte, Consumer<AuditFinding> found) throws IOException {
        Map<PackId, PackFile> listed = list(firstByte);
        run.add("files", listed.size());
        List<PackFacts> suspects = new ArrayList<>();
        Map<PackId, PackFile> unknown = new HashMap<>(listed);
        @Nullable String from = null;
        do {
            run.goOn();
            var page = store.audit().packs(firstByte, from, AuditRows.PAGE_MAX);
            run.add("packs", page.rows().size());
            for (PackFacts pack : page.rows()) {
                unknown.remove(pack.pack());
                if (!agrees(pack, listed.get(pack.pack()))) {
                    suspects.add(pack);
                }
            }
            from = page.next();
        } while (from != null);
        if (!suspects.isEmpty() || !unknown.isEmpty()) {
            again(run, firstByte, suspects, unknown, found);
        }
    }

    private Map<PackId, PackFile> list(int firstByte) throws IOException {
        Map<PackId, PackFile> listed = new HashMap<>();
        files.list(firstByte, file -> listed.put(file.pack(), file));
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

    private void again(
            JobRun run,
            int firstByte,
            List<PackFacts> suspects,
            Map<PackId, PackFile> unknown,
            Consumer<AuditFinding> found)
            throws IOException {
        Map<PackId, PackFile> listed = list(firstByte);
        for (PackFacts suspect : suspects) {
            run.goOn();
            var now = store.packs().pack(suspect.pack());
            PackFile file = listed.get(suspect.pack());
            if (now.isPresent() && now.get().stage() == suspect.stage() && !agrees(suspect, file)) {
                found.accept(broken(suspect, file, now.get().liveChunks()));
            }
        }
        for (PackFile file : unknown.values()) {
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
