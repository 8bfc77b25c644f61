@NullMarked
package dev.holdfast.gateway.signin;

import org.jspecify.annotations.NullMarked;
