/** Tests of what all routes share. */
@NullMarked
package dev.holdfast.gateway.http;

import org.jspecify.annotations.NullMarked;
