package dev.holdfast.blockgc;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.chunkstore.PackListing;
import dev.holdfast.metadata.AuditRows;
import dev.holdfast.metadata.CollectionStore;
import dev.holdfast.metadata.jobs.JobBody;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.model.wire.WireJson;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The audit: chunks against references and packs, references against chunks and contents, contents
 * against their references, packs against the files of the storage. Writes nothing but its own job.
 *
 * <p>Memory is that of a page of rows, and of one of 256 directories of files. Each page is judged
 * at one version, so that what a collection or an upload is in the middle of agrees with itself;
 * what waits to be collected is known to the collection, and is no leak. Any error of a read ends
 * the job: what was not read is not judged. It goes on at its cursor.
 */
public final class Audit implements JobBody {
    /** Kind of the audit's jobs. */
    public static final String KIND = "fsck";

    private static final int PHASES = 4;

    /** Files whose names are kept at a time, about 20 MB. */
    private static final int FILES_MAX = 100_000;

    /** Progress counts shares of the space of keys, which are even. */
    private static final long PHASE_ITEMS = 1 << 16;

    private final AuditRows rows;
    private final PackAudit packs;

    public Audit(CollectionStore store, PackListing files) {
        this(store, files, FILES_MAX);
    }

    /**
     * The same with another bound.
     *
     * @param filesMax files whose names are kept at a time, at least 1
     */
    Audit(CollectionStore store, PackListing files, int filesMax) {
        this.rows = store.audit();
        this.packs = new PackAudit(store, files, filesMax);
    }

    /** Where an audit is. */
    private record Place(int phase, @Nullable String from) {
        static Place parse(String cursor) {
            if (cursor.isEmpty()) {
                return new Place(0, null);
            }
            int end = cursor.indexOf(':');
            String from = cursor.substring(end + 1);
            return new Place(Integer.parseInt(cursor, 0, end, 10), from.isEmpty() ? null : from);
        }

        String text() {
            return phase + ":" + (from == null ? "" : from);
        }
    }

    @Override
    public String run(JobRun run) throws IOException {
        run.total(PHASES * PHASE_ITEMS, 0);
        Place place = Place.parse(run.cursor());
        while (place.phase() < PHASES) {
            run.goOn();
            place = step(run, place);
            run.cursor(place.text());
        }
        Map<String, Long> result = new TreeMap<>();
        for (String name : new String[] {"error", "warning"}) {
            result.put(name + "s", run.count(name + "s"));
        }
        try {
            return WireJson.mapper().writeValueAsString(result);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("numbers cannot be written as JSON", e);
        }
    }

    private Place step(JobRun run, Place place) throws IOException {
        return switch (place.phase()) {
            case 0 -> {
                var page = rows.chunks(place.from(), AuditRows.PAGE_MAX / 2);
                page.rows().forEach(chunk -> AuditRules.judge(chunk).forEach(f -> find(run, f)));
                run.add("chunks", page.rows().size());
                byte[] last =
                        page.rows().isEmpty()
                                ? new byte[2]
                                : page.rows().getLast().chunk().hash().toBytes();
                yield next(run, place, page.next(), last);
            }
            case 1 -> {
                var page = rows.references(place.from(), AuditRows.PAGE_MAX / 2);
                page.rows().forEach(ref -> AuditRules.judge(ref).forEach(f -> find(run, f)));
                run.add("references", page.rows().size());
                byte[] last =
                        page.rows().isEmpty()
                                ? new byte[2]
                                : page.rows().getLast().chunk().toBytes();
                yield next(run, place, page.next(), last);
            }
            case 2 -> {
                var page = rows.owners(place.from(), AuditRows.PAGE_MAX / 2);
                page.rows().forEach(owner -> AuditRules.judge(owner).forEach(f -> find(run, f)));
                run.add("contents", page.rows().size());
                byte[] last =
                        page.rows().isEmpty()
                                ? new byte[2]
                                : page.rows().getLast().owner().id().toBytes();
                yield next(run, place, page.next(), last);
            }
            case 3 -> {
                String from = place.from();
                int firstByte = from == null ? 0 : Integer.parseInt(from);
                packs.check(run, firstByte, finding -> find(run, finding));
                String next = firstByte == 0xff ? null : Integer.toString(firstByte + 1);
                yield next(run, place, next, new byte[] {(byte) firstByte, (byte) 0xff});
            }
            default -> throw new IllegalStateException("there is no phase " + place.phase());
        };
    }

    private static Place next(JobRun run, Place place, @Nullable String from, byte[] last) {
        long share = ((last[0] & 0xffL) << 8) | (last[1] & 0xffL);
        long reached = place.phase() * PHASE_ITEMS + (from == null ? PHASE_ITEMS : share);
        run.done(Math.max(0, reached - run.itemsDone()), 0);
        return from == null ? new Place(place.phase() + 1, null) : new Place(place.phase(), from);
    }

    private static void find(JobRun run, AuditFinding finding) {
        run.add(
                switch (finding.severity()) {
                    case ERROR -> "errors";
                    case WARNING -> "warnings";
                },
                1);
        run.find(finding.json());
    }
}
