package dev.holdfast.repair;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.metadata.RepairRows.AffectedFile;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.model.wire.WireJson;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One line of a report.
 *
 * @param hash the chunk; null where the finding is about a pack or a replica as a whole
 * @param pack where the chunk's row says it lies
 * @param replica the DataNode whose replica is bad; null where it is not about one
 * @param cause one of {@link Cause#text}
 * @param action what mends it
 * @param outcome what became of that
 * @param detail for a person
 * @param files that the chunk is part of; of many, those that fit
 * @param filesTotal how many there are
 */
public record Finding(
        @Nullable String hash,
        String pack,
        @Nullable Long offset,
        @Nullable String replica,
        String cause,
        String action,
        String outcome,
        String detail,
        List<AffectedFile> files,
        int filesTotal) {
    private static final int DETAIL_CHARS_MAX = 600;

    /** What a finding asks for. */
    public enum Action {
        CORRECT_ROW,
        /** The chunk is copied from a good replica into a new pack, and only then lies there. */
        COPY,
        /** HDFS is told, and makes another replica. */
        REPORT_REPLICA,
        /** HDFS notices by itself that it has too few. */
        LEAVE_TO_HDFS,
        MARK_LOST,
        MARK_FOUND,
        TRY_LATER;

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** What became of the action. */
    public enum Outcome {
        REPAIRED,
        /** A dry run: nothing was done. */
        WOULD_REPAIR,
        /** Nothing can mend it here; the next upload of the same bytes does. */
        LOST,
        /** It could not be done; the next reading tries again. */
        UNREPAIRED,
        /** There is nothing to mend: no chunk needs the bytes. */
        LEFT,
        /** Too much is wrong at once for a machine to decide: a person has to look. */
        STOPPED;

        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** Nothing is left to do about it. */
        public boolean settled() {
            return this == REPAIRED || this == LEFT;
        }
    }

    /** The line, with as many files as fit. */
    public String json() {
        Finding shown = shortened(detail.length());
        while (true) {
            String line = shown.write();
            if (line.getBytes(StandardCharsets.UTF_8).length <= BackgroundJobs.FINDING_BYTES_MAX) {
                return line;
            }
            shown = shown.files.isEmpty() ? shown.shortened(0) : shown.fewer();
        }
    }

    private String write() {
        try {
            return WireJson.mapper().writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a finding cannot be written as JSON", e);
        }
    }

    private Finding shortened(int characters) {
        String text = detail.substring(0, Math.min(characters, DETAIL_CHARS_MAX));
        return with(text.equals(detail) ? detail : text, files);
    }

    private Finding fewer() {
        return with(detail, new ArrayList<>(files.subList(0, files.size() / 2)));
    }

    private Finding with(String text, List<AffectedFile> some) {
        return new Finding(
                hash, pack, offset, replica, cause, action, outcome, text, some, filesTotal);
    }

    /** For a person: a line, and one more for each file. */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(
                String.format(
                        Locale.ROOT,
                        "%-12s %s%s%s%s: %s",
                        outcome.replace('_', ' '),
                        cause.replace('_', ' '),
                        hash == null ? "" : ", chunk " + hash,
                        ", pack " + pack + (offset == null ? "" : " at " + offset),
                        replica == null ? "" : ", on " + replica,
                        detail));
        for (AffectedFile file : files) {
            lines.add(
                    "             "
                            + file.namespace()
                            + ":"
                            + file.path()
                            + (file.trashed() ? " (in the trash)" : "")
                            + (file.current() ? "" : ", old versions only")
                            + ", versions "
                            + file.versions());
        }
        if (filesTotal > files.size()) {
            lines.add("             and " + (filesTotal - files.size()) + " more files");
        }
        return lines;
    }
}
