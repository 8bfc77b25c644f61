/**
 * The port to the server, and HTTP behind it. Every call either answers, or is refused with a
 * reason that is part of the contract ({@link dev.holdfast.sync.server.RefusedException}), or ends
 * with another {@link java.io.IOException}: then it is not known whether it took place. May use the
 * model and the JDK's HTTP client.
 */
@NullMarked
package dev.holdfast.sync.server;

import org.jspecify.annotations.NullMarked;
