/**
 * Brings the local tree up to what the disk shows, and finds out which file or folder is which: by
 * path first, then by inode and times. Reads the disk through its port and changes nothing on it.
 */
@NullMarked
package dev.holdfast.sync.scan;

import org.jspecify.annotations.NullMarked;
