package dev.holdfast.blockgc;

import dev.holdfast.blockgc.AuditFinding.Severity;
import dev.holdfast.metadata.AuditRows.ChunkFacts;
import dev.holdfast.metadata.AuditRows.OwnerFacts;
import dev.holdfast.metadata.AuditRows.OwnerStage;
import dev.holdfast.metadata.AuditRows.PackFacts;
import dev.holdfast.metadata.AuditRows.ReferenceFacts;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.PackStage;
import java.util.ArrayList;
import java.util.List;

/** What must hold between rows. Pure functions of facts that were read at one version. */
final class AuditRules {
    private static final int RECORD_OVERHEAD_BYTES = 64;

    static final String REPAIR =
            "run `holdfast repair scrub --apply`; uploading the file again heals it";
    static final String STOP =
            "cancel running gc jobs (`holdfast job list`), keep the storage as it is, and run fsck"
                    + " again";
    private static final String LEAK = "it takes space and harms nothing; report it as a defect";

    private AuditRules() {}

    static List<AuditFinding> judge(ChunkFacts facts) {
        List<AuditFinding> findings = new ArrayList<>();
        ChunkRow chunk = facts.chunk();
        String subject = "chunk " + chunk.hash();
        Severity severity = facts.referenced() ? Severity.ERROR : Severity.WARNING;
        if (chunk.condition() == ChunkRow.Condition.LOST) {
            findings.add(
                    new AuditFinding(
                            severity, "chunk-lost", subject, "no good copy was found", REPAIR));
        }
        PackFacts pack = facts.pack();
        String place = "its row says pack " + chunk.location().pack();
        if (pack == null) {
            findings.add(
                    new AuditFinding(
                            severity,
                            "chunk-without-pack",
                            subject,
                            place + ", which does not exist",
                            REPAIR));
        } else if (pack.stage() == PackStage.TRASHED || pack.stage() == PackStage.DELETING) {
            findings.add(
                    new AuditFinding(
                            severity,
                            "chunk-in-trash",
                            subject,
                            place + ", which is on its way out",
                            STOP));
        } else if (pack.stage() == PackStage.SEALED && end(chunk) > pack.length()) {
            findings.add(
                    new AuditFinding(
                            severity,
                            "chunk-beyond-pack",
                            subject,
                            place + " up to " + end(chunk) + ", which ends at " + pack.length(),
                            REPAIR));
        }
        if (!facts.referenced() && !facts.candidate()) {
            findings.add(
                    new AuditFinding(
                            Severity.WARNING,
                            "chunk-leaked",
                            subject,
                            "nothing references it, and the collection does not know of it",
                            LEAK));
        }
        return findings;
    }

    private static long end(ChunkRow chunk) {
        return chunk.location().offset() + RECORD_OVERHEAD_BYTES + chunk.location().storedLength();
    }

    static List<AuditFinding> judge(ReferenceFacts facts) {
        List<AuditFinding> findings = new ArrayList<>();
        String subject = "chunk " + facts.chunk();
        if (!facts.chunkExists()) {
            findings.add(
                    new AuditFinding(
                            facts.stage() == OwnerStage.COMMITTED
                                            || facts.stage() == OwnerStage.OPEN
                                    ? Severity.ERROR
                                    : Severity.WARNING,
                            "reference-without-chunk",
                            subject,
                            "content " + facts.owner() + " has it, but it has no row",
                            REPAIR));
        }
        if (facts.stage() == OwnerStage.MISSING) {
            findings.add(
                    new AuditFinding(
                            Severity.WARNING,
                            "reference-leaked",
                            subject,
                            "it is referenced by content " + facts.owner() + ", which is gone",
                            LEAK));
        }
        return findings;
    }

    static List<AuditFinding> judge(OwnerFacts facts) {
        boolean lacks =
                facts.stage() == OwnerStage.COMMITTED
                        && (!facts.complete() || facts.references() < facts.distinctChunks());
        return lacks
                ? List.of(
                        new AuditFinding(
                                Severity.ERROR,
                                "content-incomplete",
                                "content " + facts.owner(),
                                "it is committed and has "
                                        + facts.references()
                                        + " of "
                                        + facts.distinctChunks()
                                        + " chunks",
                                REPAIR))
                : List.of();
    }
}
