package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.RecordTransaction.Stored;
import dev.holdfast.metadata.jobs.BackgroundJobs;
import dev.holdfast.metadata.jobs.JobLease;
import dev.holdfast.metadata.jobs.JobLostException;
import dev.holdfast.metadata.jobs.JobProgress;
import dev.holdfast.metadata.jobs.JobView;
import dev.holdfast.metadata.schema.ChunkRecords.BackgroundJob;
import dev.holdfast.metadata.schema.ChunkRecords.JobCount;
import dev.holdfast.metadata.schema.ChunkRecords.JobFinding;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Id128;
import dev.holdfast.model.ProblemCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * {@link BackgroundJobs} in records. Load-bearing read: everything a holder writes reads the job's
 * row serializably and compares its epoch, so that of a takeover and a late write one aborts.
 */
final class RecordBackgroundJobs implements BackgroundJobs {
    private static final int PROBLEM_MAX = 4_000;
    private static final int COUNTS_MAX = 100;

    /** Findings forgotten in one transaction. */
    private static final int FORGET_MAX = 500;

    private final RecordDatabase database;
    private final MetadataConfig config;

    RecordBackgroundJobs(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    @Override
    public Answer<Id128> submit(String kind, String request) {
        BackgroundJob.Builder job = fresh(kind, request);
        forgetOldest();
        return database.write(transaction -> {
            // It may have been committed, and taken, before this run.
            if (load(transaction, job.getJob()).isPresent()) {
                return Answer.ok(Id128.of(job.getJob().toByteArray()));
            }
            if (open(transaction).size() >= OPEN_MAX) {
                return Answer.refused(
                        ProblemCode.UNAVAILABLE,
                        "there are " + OPEN_MAX + " jobs that have not ended; cancel some");
            }
            save(transaction, job);
            return Answer.ok(Id128.of(job.getJob().toByteArray()));
        });
    }

    @Override
    public Taken begin(String kind, String request, String holder, Duration life) {
        BackgroundJob.Builder job = held(fresh(kind, request), holder, life);
        forgetOldest();
        return database.write(transaction -> {
            if (load(transaction, job.getJob()).isEmpty()) {
                save(transaction, job);
            }
            return taken(job.build());
        });
    }

    private BackgroundJob.Builder fresh(String kind, String request) {
        checkText(request);
        long now = config.clock().millis();
        return BackgroundJob.newBuilder()
                .setJob(Bytes.of(Id128.random(config.random())))
                .setKind(kind)
                .setRequest(request)
                .setState(State.QUEUED.name())
                .setAsked(Wish.GO_ON.name())
                .setCreatedAtMillis(now)
                .addOpenSinceMillis(now);
    }

    private static void checkText(@Nullable String text) {
        if (text != null && text.length() > TEXT_MAX) {
            throw new IllegalArgumentException("at most " + TEXT_MAX + " characters");
        }
    }

    private BackgroundJob.Builder held(BackgroundJob.Builder job, String holder, Duration life) {
        long now = config.clock().millis();
        if (!job.hasStartedAtMillis()) {
            job.setStartedAtMillis(now);
        }
        return job.setState(State.RUNNING.name())
                .setHolder(holder)
                .setEpoch(job.getEpoch() + 1)
                .setHeartbeatAtMillis(now)
                .setLeaseUntilMillis(now + life.toMillis());
    }

    private static Taken taken(BackgroundJob job) {
        return new Taken(
                new JobLease(Id128.of(job.getJob().toByteArray()), job.getEpoch()), view(job));
    }

    private static void save(RecordTransaction transaction, BackgroundJob.Builder job) {
        transaction.join(transaction.save(Schema.Type.BACKGROUND_JOB, job.build()));
    }

    private static List<BackgroundJob> open(RecordTransaction transaction) {
        return transaction
                .join(
                        transaction.byIndex(
                                BackgroundJob.class,
                                Schema.Type.BACKGROUND_JOB,
                                Schema.BACKGROUND_JOB_OPEN,
                                RecordTransaction.allOf(),
                                RecordTransaction.forwardSnapshot(2 * OPEN_MAX)))
                .stream()
                .map(Stored::record)
                .toList();
    }

    private static Optional<BackgroundJob> load(RecordTransaction transaction, ByteString job) {
        return transaction.get(BackgroundJob.class, Schema.Type.BACKGROUND_JOB, job);
    }

    @Override
    public Optional<Taken> take(String kind, String holder, Duration life) {
        List<BackgroundJob> candidates = database.read(RecordBackgroundJobs::open);
        for (BackgroundJob candidate : candidates) {
            if (candidate.getKind().equals(kind) && isFree(candidate)) {
                Optional<Taken> taken =
                        database.write(transaction ->
                                load(transaction, candidate.getJob())
                                        .filter(this::isFree)
                                        .map(row -> {
                                            BackgroundJob.Builder mine =
                                                    held(row.toBuilder(), holder, life);
                                            save(transaction, mine);
                                            return taken(mine.build());
                                        }));
                if (taken.isPresent()) {
                    return taken;
                }
            }
        }
        return Optional.empty();
    }

    /** Lets every running job be taken at once. */
    void freeAll() {
        database.write(transaction -> {
            long past = config.clock().millis() - 1;
            open(transaction).stream()
                    .filter(job -> job.getState().equals(State.RUNNING.name()))
                    .map(job -> load(transaction, job.getJob()).orElseThrow())
                    .forEach(job -> save(transaction, job.toBuilder().setLeaseUntilMillis(past)));
            return true;
        });
    }

    private boolean isFree(BackgroundJob job) {
        return switch (State.valueOf(job.getState())) {
            case QUEUED -> true;
            case RUNNING -> job.getLeaseUntilMillis() < config.clock().millis();
            case PAUSED, DONE, FAILED, CANCELLED -> false;
        };
    }

    @Override
    public Wish report(
            JobLease lease,
            Duration life,
            JobProgress progress,
            long firstFinding,
            List<String> findings) {
        if (findings.size() > FINDINGS_PER_CALL_MAX) {
            throw new IllegalArgumentException("at most " + FINDINGS_PER_CALL_MAX + " findings");
        }
        return database.write(transaction -> {
            BackgroundJob row = mine(transaction, lease, State.RUNNING);
            long now = config.clock().millis();
            List<CompletableFuture<?>> writes = new ArrayList<>();
            long number = firstFinding;
            for (String finding : findings) {
                if (number <= FINDINGS_MAX) {
                    writes.add(
                            transaction.save(
                                    Schema.Type.JOB_FINDING,
                                    JobFinding.newBuilder()
                                            .setJob(row.getJob())
                                            .setNumber(number)
                                            .setText(finding)
                                            .build()));
                }
                number++;
            }
            transaction.joinAll(writes);
            save(
                    transaction,
                    with(row, progress)
                            .setFindings(number - 1)
                            .setHeartbeatAtMillis(now)
                            .setLeaseUntilMillis(now + life.toMillis()));
            return Wish.valueOf(row.getAsked());
        });
    }

    /** The row, if it is still this holder's, or was brought to the state by this holder. */
    private static BackgroundJob mine(RecordTransaction transaction, JobLease lease, State target) {
        return load(transaction, Bytes.of(lease.job()))
                .filter(row -> row.getEpoch() == lease.epoch())
                .filter(row ->
                        row.getState().equals(State.RUNNING.name())
                                || row.getState().equals(target.name()))
                .orElseThrow(() -> new JobLostException(lease.job()));
    }

    private static BackgroundJob.Builder with(BackgroundJob row, JobProgress progress) {
        checkText(progress.cursor());
        BackgroundJob.Builder job =
                row.toBuilder()
                        .clearCount()
                        .setCursor(progress.cursor())
                        .setItemsDone(progress.itemsDone())
                        .setItemsTotal(progress.itemsTotal())
                        .setBytesDone(progress.bytesDone())
                        .setBytesTotal(progress.bytesTotal())
                        .clearRemainingMillis();
        if (progress.remainingMillis() != JobProgress.UNKNOWN) {
            job.setRemainingMillis(progress.remainingMillis());
        }
        new TreeMap<>(progress.counts())
                .entrySet().stream()
                        .limit(COUNTS_MAX)
                        .forEach(count ->
                                job.addCount(
                                        JobCount.newBuilder()
                                                .setName(count.getKey())
                                                .setValue(count.getValue())));
        return job;
    }

    @Override
    public void pause(JobLease lease, JobProgress progress) {
        // Who has resumed it meanwhile was told so.
        change(
                lease,
                State.PAUSED,
                row ->
                        with(row.build(), progress)
                                .setState(
                                        row.getAsked().equals(Wish.PAUSE.name())
                                                ? State.PAUSED.name()
                                                : State.QUEUED.name()));
    }

    @Override
    public void handBack(JobLease lease, JobProgress progress) {
        change(
                lease,
                State.QUEUED,
                row -> with(row.build(), progress).setState(State.QUEUED.name()));
    }

    private void change(JobLease lease, State state, UnaryOperator<BackgroundJob.Builder> change) {
        database.write(transaction -> {
            BackgroundJob row = mine(transaction, lease, state);
            save(
                    transaction,
                    change.apply(row.toBuilder())
                            .setHeartbeatAtMillis(config.clock().millis())
                            .clearLeaseUntilMillis());
            return true;
        });
    }

    @Override
    public void end(
            JobLease lease,
            State state,
            JobProgress progress,
            @Nullable String problem,
            @Nullable String result) {
        if (!state.ended()) {
            throw new IllegalArgumentException("no job ends as " + state);
        }
        checkText(result);
        change(
                lease,
                state,
                row -> {
                    BackgroundJob.Builder ended =
                            ended(with(row.build(), progress), state, config.clock().millis());
                    if (problem != null) {
                        ended.setProblem(
                                problem.substring(0, Math.min(problem.length(), PROBLEM_MAX)));
                    }
                    return result == null ? ended : ended.setResult(result);
                });
    }

    private static BackgroundJob.Builder ended(
            BackgroundJob.Builder job, State state, long nowMillis) {
        return job.setState(state.name()).setFinishedAtMillis(nowMillis).clearOpenSinceMillis();
    }

    @Override
    public Optional<JobView> wish(Id128 job, Wish wish) {
        return database.write(transaction ->
                load(transaction, Bytes.of(job))
                        .map(row -> {
                            if (State.valueOf(row.getState()).ended()) {
                                return view(row);
                            }
                            BackgroundJob.Builder changed = wished(row, wish);
                            save(transaction, changed);
                            return view(changed.build());
                        }));
    }

    private BackgroundJob.Builder wished(BackgroundJob row, Wish wish) {
        long now = config.clock().millis();
        State state = State.valueOf(row.getState());
        BackgroundJob.Builder job = row.toBuilder().setAsked(wish.name());
        boolean held = state == State.RUNNING && row.getLeaseUntilMillis() >= now;
        if (held) {
            return job;
        }
        // Its holder, if it lives after all, finds another epoch.
        job.setEpoch(row.getEpoch() + 1).clearLeaseUntilMillis();
        return switch (wish) {
            case GO_ON -> job.setState(State.QUEUED.name());
            case PAUSE -> job.setState(State.PAUSED.name());
            case CANCEL -> ended(job, State.CANCELLED, now);
        };
    }

    @Override
    public Optional<JobView> get(Id128 job) {
        return database.read(
                transaction -> load(transaction, Bytes.of(job)).map(RecordBackgroundJobs::view));
    }

    @Override
    public List<JobView> list(@Nullable String kind, int limit) {
        return database.read(transaction ->
                all(transaction).stream()
                        .filter(job -> kind == null || job.getKind().equals(kind))
                        .limit(limit)
                        .map(RecordBackgroundJobs::view)
                        .toList());
    }

    /** Newest first. */
    private static List<BackgroundJob> all(RecordTransaction transaction) {
        List<BackgroundJob> all =
                new ArrayList<>(
                        transaction.join(
                                transaction.byKey(
                                        BackgroundJob.class,
                                        Schema.Type.BACKGROUND_JOB,
                                        RecordTransaction.under(Schema.Type.BACKGROUND_JOB),
                                        RecordTransaction.forwardSnapshot(
                                                2 * (KEPT_MAX + OPEN_MAX)))));
        all.sort(Comparator.comparingLong(BackgroundJob::getCreatedAtMillis).reversed());
        return all;
    }

    /** Jobs beyond the limit go, each after its findings; what is cut short goes on next time. */
    private void forgetOldest() {
        List<BackgroundJob> ended =
                database.read(RecordBackgroundJobs::all).stream()
                        .filter(BackgroundJob::hasFinishedAtMillis)
                        .toList();
        for (int i = KEPT_MAX; i < ended.size(); i++) {
            ByteString job = ended.get(i).getJob();
            while (database.write(transaction -> forgetFindings(transaction, job))) {
                // The next ones.
            }
            database.write(transaction ->
                    transaction.join(transaction.delete(Schema.Type.BACKGROUND_JOB, job)));
        }
    }

    private static boolean forgetFindings(RecordTransaction transaction, ByteString job) {
        List<JobFinding> page =
                transaction.join(
                        transaction.byKey(
                                JobFinding.class,
                                Schema.Type.JOB_FINDING,
                                RecordTransaction.under(Schema.Type.JOB_FINDING, job),
                                RecordTransaction.forward(FORGET_MAX)));
        List<CompletableFuture<?>> deletes = new ArrayList<>();
        page.forEach(row ->
                deletes.add(transaction.delete(Schema.Type.JOB_FINDING, job, row.getNumber())));
        transaction.joinAll(deletes);
        return page.size() == FORGET_MAX;
    }

    @Override
    public List<Finding> findings(Id128 job, long after, int limit) {
        ByteString id = Bytes.of(job);
        return database.read(transaction ->
                transaction
                        .join(
                                transaction.byKey(
                                        JobFinding.class,
                                        Schema.Type.JOB_FINDING,
                                        RecordTransaction.after(
                                                RecordTransaction.key(Schema.Type.JOB_FINDING, id),
                                                RecordTransaction.key(
                                                        Schema.Type.JOB_FINDING, id, after),
                                                false),
                                        RecordTransaction.forwardSnapshot(limit)))
                        .stream()
                        .map(row -> new Finding(row.getNumber(), row.getText()))
                        .toList());
    }

    private static JobView view(BackgroundJob row) {
        Map<String, Long> counts = new TreeMap<>();
        row.getCountList().forEach(count -> counts.put(count.getName(), count.getValue()));
        return new JobView(
                Id128.of(row.getJob().toByteArray()),
                row.getKind(),
                row.getRequest(),
                State.valueOf(row.getState()),
                Wish.valueOf(row.getAsked()),
                row.getHolder(),
                row.getCreatedAtMillis(),
                row.getStartedAtMillis(),
                row.getHeartbeatAtMillis(),
                row.getFinishedAtMillis(),
                row.getLeaseUntilMillis(),
                new JobProgress(
                        row.getCursor(),
                        counts,
                        row.getItemsDone(),
                        row.getItemsTotal(),
                        row.getBytesDone(),
                        row.getBytesTotal(),
                        row.hasRemainingMillis() ? row.getRemainingMillis() : JobProgress.UNKNOWN),
                row.getFindings(),
                row.hasProblem() ? row.getProblem() : null,
                row.hasResult() ? row.getResult() : null);
    }
}
