/** Tests of what the workers of a process do by themselves. */
@org.jspecify.annotations.NullMarked
package dev.holdfast.gateway.workers;
