/**
 * What once was: versions of files, and what lies in the trash; how to find it by the path it had
 * and how to bring it back. Asks the server and trusts nothing that is remembered here. May use the
 * port to the server and the model.
 */
@NullMarked
package dev.holdfast.sync.past;

import org.jspecify.annotations.NullMarked;
