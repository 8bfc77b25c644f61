package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;

/** What became of an operation inside a transaction that is not committed yet. */
sealed interface OpOutcome {
    /**
     * It takes effect with the transaction.
     *
     * @param entry position of its change in the transaction's change set, from 1; 0 when it
     *     changed nothing
     */
    record Effective(int entry, ByteString node) implements OpOutcome {}

    /** It has no effect at all. */
    record Rejected(Refusal refusal) implements OpOutcome {}

    /** It can only be decided once this transaction is committed. */
    record Deferred() implements OpOutcome {}

    static OpOutcome rejected(ProblemCode code, String detail) {
        return new Rejected(Refusal.of(code, detail));
    }
}
