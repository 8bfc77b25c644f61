/**
 * How somebody proves to be entitled: hashed secrets of accounts and signed addresses of contents.
 * Knows nothing of HTTP. Invariants: a secret is kept only as an Argon2id hash; verifying takes as
 * long for what does not exist as for what does; what is signed expires within a minute and dies
 * with the rights of the account it was signed for. May use the model, the metadata's interfaces
 * and Bouncy Castle.
 */
@NullMarked
package dev.holdfast.gateway.signin;

import org.jspecify.annotations.NullMarked;
