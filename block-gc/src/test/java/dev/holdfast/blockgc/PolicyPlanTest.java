package dev.holdfast.blockgc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.PolicyHold;
import dev.holdfast.metadata.PolicyHold.Kind;
import dev.holdfast.metadata.PolicyHold.Rule;
import dev.holdfast.metadata.PolicySurvey;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A plan says what policies and upload leases keep, and what an order would end. */
class PolicyPlanTest {
    private final GcWorld world = new GcWorld(31);

    @AfterEach
    void close() {
        world.close();
    }

    private List<PlanLine> plan(boolean purgeTrash) {
        List<PlanLine> lines = new ArrayList<>();
        new Collector(
                        world.rows,
                        world.metadata.chunks(),
                        world.packs,
                        new UpkeepRetention(world.metadata.upkeep()),
                        GcWorld.CONFIG,
                        world.clock,
                        GcWorld.NO_WAIT)
                .plan(new GcRequest(false, purgeTrash, Long.MAX_VALUE, false), lines::add);
        return lines;
    }

    @Test
    void trashIsRetainedByItsPolicyAndEndedByAnOrder() {
        world.trash(world.file(world.bytes(1_000)));
        world.trash(world.file(world.bytes(500)));
        assertThat(plan(false))
                .contains(
                        new PlanLine(
                                PlanLine.Action.RETAIN,
                                "trash",
                                1_500,
                                "2 files: the policy keeps trash for 30 days; the first leaves at"
                                        + " 2026-03-31T12:00:00Z"));
        assertThat(plan(true))
                .contains(
                        new PlanLine(
                                PlanLine.Action.EXPIRE,
                                "trash",
                                1_500,
                                "2 files: whatever the policy keeps (--purge-trash)"))
                .noneMatch(line -> line.subject().equals("trash") && line.why().contains("days"));
    }

    @Test
    void anUploadIsRetainedByItsLease() {
        GcWorld.ok(world.send(world.upload(), List.of(world.bytes(700))));
        assertThat(plan(false))
                .contains(
                        new PlanLine(
                                PlanLine.Action.RETAIN,
                                "uploads",
                                700,
                                "1 content: an upload's lease keeps what no file has yet; the"
                                        + " first leaves at 2026-03-08T12:00:00Z"));
    }

    private static List<PlanLine> lines(PolicySurvey survey) {
        List<PlanLine> lines = new ArrayList<>();
        Retention retention =
                new Retention() {
                    @Override
                    public void run(boolean all, Progress progress) {
                        throw new AssertionError("a plan changes nothing");
                    }

                    @Override
                    public PolicySurvey survey(boolean all, int rowsMax) {
                        return survey;
                    }
                };
        new PolicyPlan(retention).plan(false, new PlanSink(lines::add));
        return lines;
    }

    @Test
    void everyRuleOfVersionsHasItsReason() {
        List<PolicyHold> holds = new ArrayList<>();
        for (Rule rule : Rule.values()) {
            if (rule.kind() == Kind.OLD_VERSIONS) {
                holds.add(new PolicyHold(rule, 7, false, 3, 30, OptionalLong.empty()));
            }
        }
        assertThat(lines(new PolicySurvey(holds, Set.of())))
                .allMatch(line -> line.subject().equals("old versions") && line.bytes() == 30)
                .extracting(PlanLine::why)
                .containsExactly(
                        "3 versions: the policy keeps old versions for 7 days",
                        "3 versions: the policy keeps the newest 7 of each file",
                        "3 versions: after 7 days the policy keeps one a day",
                        "3 versions: the policy keeps old versions as long as their file",
                        "3 versions: whatever the policy keeps (--purge-trash)");
    }

    @Test
    void whatIsNotCountedIsSaid() {
        assertThat(lines(new PolicySurvey(List.of(), Set.of(Kind.TRASH))))
                .containsExactly(
                        new PlanLine(
                                PlanLine.Action.RETAIN,
                                "trash",
                                0,
                                "and more, which the plan does not count"));
    }
}
