/**
 * The routes, grouped by what they are about. Each reads its input off the exchange, asks one of
 * the two stores and answers; rules of the domain live in the stores. May use {@code http}, {@code
 * http.transfer}, the model and the two stores.
 */
@NullMarked
package dev.holdfast.gateway.http.routes;

import org.jspecify.annotations.NullMarked;
