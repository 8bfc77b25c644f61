package dev.holdfast.metadata;

import dev.holdfast.metadata.PolicyHold.Kind;
import java.util.List;
import java.util.Set;

/**
 * What policies and leases keep at this moment.
 *
 * @param holds one a rule and number of days
 * @param incomplete of these there is more than was counted: the sums are a lower bound
 */
public record PolicySurvey(List<PolicyHold> holds, Set<Kind> incomplete) {
    /** Of a cell where nothing is kept but what is alive. */
    public static final PolicySurvey NOTHING = new PolicySurvey(List.of(), Set.of());

    public PolicySurvey {
        holds = List.copyOf(holds);
        incomplete = Set.copyOf(incomplete);
    }
}
