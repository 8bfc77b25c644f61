/**
 * Will hold scrub, diagnosis and repair of chunks; nothing of it is built yet. Until then a chunk
 * that rotted is refused by every read, and nothing but HDFS itself looks for a better replica.
 */
@NullMarked
package dev.holdfast.repair;

import org.jspecify.annotations.NullMarked;
