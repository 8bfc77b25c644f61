/**
 * Ids, hashes, limits, names and outcomes that server and client share. Pure: nothing here does
 * I/O, reads a clock or depends on another module.
 */
@NullMarked
package dev.holdfast.model;

import org.jspecify.annotations.NullMarked;
