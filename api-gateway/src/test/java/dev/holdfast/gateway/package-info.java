/** Tests of the gateway on real engines, over real sockets. */
@NullMarked
package dev.holdfast.gateway;

import org.jspecify.annotations.NullMarked;
