/**
 * The port to the synced folder, and the real disk behind it. Paths are names joined by slashes,
 * relative to the folder; the empty path is the folder itself. A change is refused where the disk
 * is not in the state the caller expects, so nothing that was not seen is overwritten or removed.
 * May use the trees' fingerprints and the JDK.
 */
@NullMarked
package dev.holdfast.sync.disk;

import org.jspecify.annotations.NullMarked;
