/** Tests of bytes in and out. */
@NullMarked
package dev.holdfast.gateway.http.transfer;

import org.jspecify.annotations.NullMarked;
