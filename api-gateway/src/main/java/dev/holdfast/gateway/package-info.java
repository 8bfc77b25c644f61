/** The HTTP gateway and the wiring of a server process. */
@NullMarked
package dev.holdfast.gateway;

import org.jspecify.annotations.NullMarked;
