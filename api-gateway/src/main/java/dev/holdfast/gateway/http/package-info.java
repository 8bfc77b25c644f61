/**
 * What all routes share: one exchange a request, problems, tokens, JSON bodies, limits and metrics.
 *
 * <p>Invariants: every answer carries a request id; every error is a problem document without a
 * stack trace; nothing that came with a request is logged at info or above, except its method, the
 * pattern of its route and its status. May use Helidon, the model, and the two stores.
 */
@NullMarked
package dev.holdfast.gateway.http;

import org.jspecify.annotations.NullMarked;
