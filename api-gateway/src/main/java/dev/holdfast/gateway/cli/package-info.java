/**
 * The server's command line: {@code up}, {@code serve}, {@code admin …}. Data goes to stdout,
 * everything else to stderr; exit codes are those of {@link dev.holdfast.gateway.cli.ExitCode}.
 * Only {@code main} ends the process.
 */
@NullMarked
package dev.holdfast.gateway.cli;

import org.jspecify.annotations.NullMarked;
