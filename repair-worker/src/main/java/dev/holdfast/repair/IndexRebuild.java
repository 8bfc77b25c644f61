package dev.holdfast.repair;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.chunkstore.PackReplicas.Located;
import dev.holdfast.chunkstore.PackReplicas.Replica;
import dev.holdfast.chunkstore.Packs;
import dev.holdfast.metadata.ChunkRow;
import dev.holdfast.metadata.RepairRows;
import dev.holdfast.metadata.RepairRows.PackRecord;
import dev.holdfast.metadata.RepairRows.Restored;
import dev.holdfast.metadata.RepairRows.StoredContent;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.metadata.WorkLeases;
import dev.holdfast.metadata.jobs.JobBody;
import dev.holdfast.metadata.jobs.JobRun;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.wire.WireJson;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Writes the rows of chunks again from the packs alone, and says which files are whole.
 *
 * <p>Three passes, each resumable: every pack's file is read, every chunk in it checked, and its
 * row written where there is none or a lost one; then every pack that a row names is scrubbed, so
 * that rows that name nothing good are mended, or lost; then every stored content is looked at, and
 * references that it misses are added. Meanwhile no pack is deleted: while rows are missing, a pack
 * looks empty that is not.
 */
public final class IndexRebuild implements JobBody {
    /** The kind of these jobs. */
    public static final String KIND = "rebuild-index";

    /** What is asked of such a job: nothing. */
    public static final String REQUEST = "{}";

    private static final String WORK = "rebuild-index";
    private static final int PAGE = 100;
    private static final Duration SHARE_WAIT = Duration.ofMillis(500);

    private final RepairTools tools;
    private final ScrubMeter meter;
    private final String holder;

    IndexRebuild(RepairTools tools, ScrubMeter meter, String holder) {
        this.tools = tools;
        this.meter = meter;
        this.holder = holder;
    }

    /**
     * One line of the report about files.
     *
     * @param whole every chunk has a copy
     * @param missing how many chunks have none
     */
    public record FileLine(
            String namespace, String path, List<Long> versions, boolean whole, int missing) {}

    /** One run of it. */
    private final class Run {
        private final JobRun run;
        private final String name;
        private final PackReading reading;
        private final ScrubWork work;
        private final WorkLease lease;
        private @Nullable WorkLease noDeletions;
        private long renewedAtMillis;

        Run(JobRun run, WorkLease lease, String name) {
            this.run = run;
            this.lease = lease;
            this.name = name;
            this.reading =
                    new PackReading(
                            tools.replicas(),
                            tools.config().runBytesMax(),
                            bytes -> {
                                meter.scanned(bytes);
                                goOn();
                            });
            this.work =
                    new ScrubWork(
                            tools,
                            new ScrubRequest(false, true, null, false),
                            name,
                            meter,
                            new FaultTally(),
                            new Pace(
                                    Long.MAX_VALUE,
                                    1,
                                    () -> 0,
                                    System::nanoTime,
                                    TimeUnit.NANOSECONDS::sleep),
                            new ScrubJob.Kept(run));
        }

        void goOn() {
            run.goOn();
            long now = tools.clock().millis();
            Duration life = tools.config().leaseLife();
            if (now - renewedAtMillis > life.toMillis() / 3) {
                tools.store().leases().renew(lease, life);
                // Somebody else's backup keeps packs as well, but not for longer than it takes.
                noDeletions =
                        tools.store()
                                .leases()
                                .acquire(WorkLeases.BACKUP, name, life)
                                .orElse(noDeletions);
                renewedAtMillis = now;
            }
        }

        void release() {
            if (noDeletions != null) {
                tools.store().leases().release(noDeletions);
            }
        }
    }

    @Override
    public @Nullable String run(JobRun job) {
        String name = holder + "/" + job.id();
        Optional<WorkLease> lease = Optional.empty();
        while (lease.isEmpty()) {
            job.goOn();
            lease = tools.store().leases().acquire(WORK, name, tools.config().leaseLife());
            if (lease.isEmpty()) {
                LockSupport.parkNanos(SHARE_WAIT.toNanos());
            }
        }
        Run run = new Run(job, lease.get(), name);
        try {
            run.goOn();
            if (!job.cursor().startsWith("check") && !job.cursor().startsWith("files")) {
                packs(run);
                job.cursor("check:");
            }
            if (job.cursor().startsWith("check")) {
                check(run);
                job.cursor("files:");
            }
            files(run);
            return ScrubJob.Result.of(job).json();
        } finally {
            run.release();
            tools.store().leases().release(lease.get());
        }
    }

    private static String behind(JobRun job) {
        return job.cursor().substring(job.cursor().indexOf(':') + 1);
    }

    /** First pass: a row for every good record. */
    private void packs(Run run) {
        List<PackId> files = new ArrayList<>();
        try {
            tools.replicas().list(file -> files.add(file.pack()));
        } catch (IOException e) {
            throw new IllegalStateException("the packs cannot be listed: " + e.getMessage(), e);
        }
        files.sort(Comparator.comparing(PackId::toString));
        run.run.total(files.size(), 0);
        String done = behind(run.run);
        for (PackId file : files) {
            run.goOn();
            if (file.toString().compareTo(done) > 0) {
                pack(run, file);
                run.run.done(1, 0);
                run.run.cursor("packs:" + file);
            }
        }
    }

    private void pack(Run run, PackId file) {
        List<PackRecord> good = new ArrayList<>();
        long length;
        try {
            Optional<Located> at = tools.replicas().locate(file);
            if (at.isEmpty() || at.get().open()) {
                run.run.add("packs_open", at.isPresent() ? 1 : 0);
                return;
            }
            length = goodRecords(run, at.get(), good);
        } catch (IOException e) {
            run.run.add("found", 1);
            run.run.add("remaining", 1);
            run.run.find(problem(file, String.valueOf(e.getMessage())).json());
            return;
        }
        run.run.add("packs", 1);
        run.run.add("bytes", length);
        for (int from = 0; from < good.size(); from += RepairRows.RESTORE_MAX) {
            List<PackRecord> some =
                    good.subList(from, Math.min(good.size(), from + RepairRows.RESTORE_MAX));
            run.goOn();
            List<Restored> answers = tools.repair().rows().restore(run.lease, file, length, some);
            for (Restored answer : answers) {
                switch (answer) {
                    case WRITTEN -> run.run.add("rows_written", 1);
                    case HEALED -> run.run.add("rows_healed", 1);
                    case PRESENT -> run.run.add("rows_present", 1);
                    case ELSEWHERE -> run.run.add("records_spare", 1);
                }
                boolean mended = answer == Restored.WRITTEN || answer == Restored.HEALED;
                run.run.add("found", mended ? 1 : 0);
                run.run.add("repaired", mended ? 1 : 0);
            }
        }
    }

    /** Reads every record of a file and keeps those whose bytes are the chunk. */
    private long goodRecords(Run run, Located located, List<PackRecord> good) throws IOException {
        List<Packs.Entry> entries = List.of();
        IOException failure = null;
        for (Replica replica : located.replicas()) {
            try {
                PackId records = tools.replicas().identity(located, replica).orElse(located.file());
                if (!records.equals(located.file())) {
                    throw new IOException("the file holds pack " + records);
                }
                List<Packs.Entry> named =
                        tools.replicas().records(located.file(), located, replica);
                entries = named.size() > entries.size() ? named : entries;
            } catch (IOException e) {
                failure = e;
            }
        }
        if (entries.isEmpty() && failure != null) {
            throw failure;
        }
        List<ChunkRow> rows = new ArrayList<>();
        for (Packs.Entry entry : entries) {
            rows.add(
                    new ChunkRow(
                            entry.hash(),
                            ChunkRow.Condition.LIVE,
                            CopySearch.location(located.file(), entry)));
        }
        boolean[] sound = new boolean[rows.size()];
        for (Replica replica : located.replicas()) {
            ReplicaLook look = run.reading.read(located.file(), located, replica, rows);
            boolean all = true;
            for (int i = 0; i < sound.length; i++) {
                sound[i] |= look.states().get(i).holdsChunk();
                all &= sound[i];
            }
            if (all) {
                break;
            }
        }
        long length = 0;
        for (int i = 0; i < sound.length; i++) {
            Packs.Entry entry = entries.get(i);
            length = Math.max(length, PackReading.end(rows.get(i).location()));
            if (sound[i]) {
                good.add(
                        new PackRecord(
                                entry.hash(),
                                entry.offset(),
                                entry.plainLength(),
                                entry.storedLength(),
                                entry.codec()));
            }
        }
        return length;
    }

    private static Finding problem(PackId pack, String why) {
        return new Finding(
                null,
                pack.toString(),
                null,
                null,
                Cause.UNAVAILABLE.text(),
                Finding.Action.TRY_LATER.text(),
                Finding.Outcome.UNREPAIRED.text(),
                why,
                List.of(),
                0);
    }

    /** Second pass: rows that name nothing good. */
    private void check(Run run) {
        String done = behind(run.run);
        @Nullable PackId last = done.isEmpty() ? null : PackId.parse(done);
        List<PackId> page;
        do {
            page = tools.repair().rows().namedPacks(last, PAGE);
            for (PackId pack : page) {
                run.goOn();
                run.work.scrub(run.lease, pack, 0, true);
                run.run.cursor("check:" + pack);
            }
            last = page.isEmpty() ? null : page.getLast();
        } while (page.size() == PAGE);
    }

    /** Third pass: what that means for files. */
    private void files(Run run) {
        String done = behind(run.run);
        @Nullable ContentId last = done.isEmpty() ? null : ContentId.parse(done);
        List<StoredContent> page;
        do {
            run.goOn();
            page = tools.repair().rows().contents(run.lease, last, PAGE);
            for (StoredContent content : page) {
                say(run, content);
                run.run.cursor("files:" + content.content());
            }
            last = page.isEmpty() ? null : page.getLast().content();
        } while (page.size() == PAGE);
        run.run.checkpoint();
    }

    private static void say(Run run, StoredContent content) {
        RepairRows.@Nullable AffectedFile file = content.file();
        run.run.add("references_written", content.missingReferences());
        if (file == null) {
            return;
        }
        List<Sha256> missing = content.missing();
        boolean whole = missing.isEmpty();
        run.run.add(whole ? "files_whole" : "files_broken", 1);
        run.run.add("found", whole ? 0 : 1);
        run.run.add("remaining", whole ? 0 : 1);
        run.run.find(
                line(
                        new FileLine(
                                file.namespace(),
                                file.path(),
                                shortened(file.versions()),
                                whole,
                                missing.size())));
    }

    /** A path has 4 kB at most; with many versions the line would not fit. */
    private static List<Long> shortened(List<Long> versions) {
        return versions.subList(Math.max(0, versions.size() - 20), versions.size());
    }

    private static String line(FileLine line) {
        try {
            return WireJson.mapper().writeValueAsString(line);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a line of a report cannot be written", e);
        }
    }
}
