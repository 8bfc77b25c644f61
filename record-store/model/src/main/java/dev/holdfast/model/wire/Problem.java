package dev.holdfast.model.wire;

import dev.holdfast.model.ProblemCode;
import org.jspecify.annotations.Nullable;

/**
 * An error answer, {@code application/problem+json} (RFC 9457). One with a code that this version
 * does not know is read by its status: what is to be tried again stays to be tried again.
 *
 * @param type a URI reference for the kind of problem: {@code urn:holdfast:problem:} and the code
 * @param title the kind in words
 * @param detail what is wrong here and what to do
 * @param current the node as it is now, for conflicts
 */
public record Problem(
        String type,
        String title,
        int status,
        ProblemCode code,
        String detail,
        boolean retryable,
        @Nullable String requestId,
        @Nullable NodeState current) {
    public Problem {
        if (code == ProblemCode.INVALID && status != code.status()) {
            code = ProblemCode.ofStatus(status, retryable);
        }
    }
}
