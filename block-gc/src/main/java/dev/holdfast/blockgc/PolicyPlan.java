package dev.holdfast.blockgc;

import dev.holdfast.metadata.PolicyHold;
import dev.holdfast.metadata.PolicySurvey;

/** What a plan says of policies and upload leases: one line a rule, and never a name. */
final class PolicyPlan {
    /** Read of each kind; beyond that the plan says that there is more. */
    private static final int ROWS_MAX = 100_000;

    private final Retention retention;

    PolicyPlan(Retention retention) {
        this.retention = retention;
    }

    void plan(boolean purgeTrash, PlanSink sink) {
        PolicySurvey survey = retention.survey(purgeTrash, ROWS_MAX);
        for (PolicyHold hold : survey.holds()) {
            sink.line(
                    hold.due() ? PlanLine.Action.EXPIRE : PlanLine.Action.RETAIN,
                    subject(hold.rule().kind()),
                    hold.bytes(),
                    items(hold) + ": " + why(hold) + leaves(hold));
        }
        for (PolicyHold.Kind kind : survey.incomplete()) {
            sink.line(
                    PlanLine.Action.RETAIN,
                    subject(kind),
                    0,
                    "and more, which the plan does not count");
        }
    }

    private static String subject(PolicyHold.Kind kind) {
        return switch (kind) {
            case TRASH -> "trash";
            case OLD_VERSIONS -> "old versions";
            case UPLOADS -> "uploads";
        };
    }

    private static String items(PolicyHold hold) {
        String thing =
                switch (hold.rule().kind()) {
                    case TRASH -> "file";
                    case OLD_VERSIONS -> "version";
                    case UPLOADS -> "content";
                };
        return hold.items() + " " + thing + (hold.items() == 1 ? "" : "s");
    }

    private static String why(PolicyHold hold) {
        int number = hold.number();
        return switch (hold.rule()) {
            case TRASH_DAYS ->
                    hold.due()
                            ? "in the trash for the " + number + " days of the policy"
                            : "the policy keeps trash for " + number + " days";
            case TRASH_FOREVER -> "the policy keeps trash until it is emptied";
            case VERSION_DAYS ->
                    hold.due()
                            ? "older than the " + number + " days of the policy"
                            : "the policy keeps old versions for " + number + " days";
            case VERSION_COUNT -> "the policy keeps the newest " + number + " of each file";
            case VERSION_DAILY ->
                    hold.due()
                            ? "not the last of their day, " + number + " days ago or more"
                            : "after " + number + " days the policy keeps one a day";
            case VERSION_FOREVER -> "the policy keeps old versions as long as their file";
            case TRASH_ORDERED, VERSION_ORDERED -> "whatever the policy keeps (--purge-trash)";
            case UPLOAD_LEASE -> "an upload's lease keeps what no file has yet";
        };
    }

    private static String leaves(PolicyHold hold) {
        return hold.due() || hold.leavesAtMillis().isEmpty()
                ? ""
                : "; the first leaves at " + ChunkStage.time(hold.leavesAtMillis().getAsLong());
    }
}
