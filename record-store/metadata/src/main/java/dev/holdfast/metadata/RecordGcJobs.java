package dev.holdfast.metadata;

import dev.holdfast.metadata.schema.ChunkRecords.GcCount;
import dev.holdfast.metadata.schema.ChunkRecords.GcJob;
import dev.holdfast.model.Id128;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** {@link GcJobs} in records. */
final class RecordGcJobs implements GcJobs {
    /** Runs remembered. */
    private static final int KEPT_MAX = 200;

    private static final int PROBLEM_MAX = 4_000;

    private final RecordDatabase database;
    private final MetadataConfig config;

    RecordGcJobs(RecordDatabase database, MetadataConfig config) {
        this.database = database;
        this.config = config;
    }

    @Override
    public Id128 start(String request, String holder) {
        Id128 id = Id128.random(config.random());
        long now = config.clock().millis();
        return database.write(transaction -> {
            forgetOldest(transaction);
            save(
                    transaction,
                    GcJob.newBuilder()
                            .setJob(Bytes.of(id))
                            .setState(State.RUNNING.name())
                            .setRequest(request)
                            .setHolder(holder)
                            .setStartedAtMillis(now)
                            .setHeartbeatAtMillis(now)
                            .setAsked(Wish.GO_ON.name()));
            return id;
        });
    }

    private static void save(RecordTransaction transaction, GcJob.Builder job) {
        transaction.join(transaction.save(Schema.Type.GC_JOB, job.build()));
    }

    private static List<GcJob> all(RecordTransaction transaction) {
        return transaction.join(
                transaction.byKey(
                        GcJob.class,
                        Schema.Type.GC_JOB,
                        RecordTransaction.under(Schema.Type.GC_JOB),
                        RecordTransaction.forwardSnapshot(2 * KEPT_MAX)));
    }

    private static void forgetOldest(RecordTransaction transaction) {
        List<GcJob> finished = new ArrayList<>(all(transaction));
        finished.removeIf(job -> !job.hasFinishedAtMillis());
        finished.sort(Comparator.comparingLong(GcJob::getStartedAtMillis));
        for (int i = 0; i + KEPT_MAX <= finished.size(); i++) {
            transaction.join(transaction.delete(Schema.Type.GC_JOB, finished.get(i).getJob()));
        }
    }

    private static Optional<GcJob> load(RecordTransaction transaction, Id128 job) {
        return transaction.get(GcJob.class, Schema.Type.GC_JOB, Bytes.of(job));
    }

    @Override
    public Wish heartbeat(Id128 job, State state, Map<String, Long> counts) {
        return database.write(transaction -> {
            Optional<GcJob> row = load(transaction, job);
            row.ifPresent(found ->
                    save(
                            transaction,
                            counted(found, counts)
                                    .setState(state.name())
                                    .setHeartbeatAtMillis(config.clock().millis())));
            return row.map(found -> Wish.valueOf(found.getAsked())).orElse(Wish.CANCEL);
        });
    }

    private static GcJob.Builder counted(GcJob job, Map<String, Long> counts) {
        GcJob.Builder builder = job.toBuilder().clearCount();
        new TreeMap<>(counts)
                .forEach((name, value) ->
                        builder.addCount(GcCount.newBuilder().setName(name).setValue(value)));
        return builder;
    }

    @Override
    public void finish(Id128 job, State state, Map<String, Long> counts, @Nullable String problem) {
        database.write(transaction -> {
            Optional<GcJob> row = load(transaction, job);
            row.ifPresent(found -> {
                long now = config.clock().millis();
                GcJob.Builder done =
                        counted(found, counts)
                                .setState(state.name())
                                .setHeartbeatAtMillis(now)
                                .setFinishedAtMillis(now);
                if (problem != null) {
                    done.setProblem(problem.substring(0, Math.min(problem.length(), PROBLEM_MAX)));
                }
                save(transaction, done);
            });
            return row.isPresent();
        });
    }

    @Override
    public boolean wish(Id128 job, Wish wish) {
        return database.write(transaction -> {
            Optional<GcJob> row =
                    load(transaction, job).filter(found -> !found.hasFinishedAtMillis());
            row.ifPresent(found -> save(transaction, found.toBuilder().setAsked(wish.name())));
            return row.isPresent();
        });
    }

    @Override
    public Optional<Job> get(Id128 job) {
        return database.read(transaction -> load(transaction, job).map(RecordGcJobs::view));
    }

    @Override
    public List<Job> list() {
        return database.read(transaction ->
                all(transaction).stream()
                        .sorted(Comparator.comparingLong(GcJob::getStartedAtMillis).reversed())
                        .map(RecordGcJobs::view)
                        .toList());
    }

    private static Job view(GcJob row) {
        Map<String, Long> counts = new TreeMap<>();
        row.getCountList().forEach(count -> counts.put(count.getName(), count.getValue()));
        return new Job(
                Id128.of(row.getJob().toByteArray()),
                State.valueOf(row.getState()),
                row.getRequest(),
                row.getHolder(),
                row.getStartedAtMillis(),
                row.getHeartbeatAtMillis(),
                row.getFinishedAtMillis(),
                counts,
                row.hasProblem() ? row.getProblem() : null,
                Wish.valueOf(row.getAsked()));
    }
}
