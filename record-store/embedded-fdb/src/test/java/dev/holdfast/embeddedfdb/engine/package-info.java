/** Tests of the engine's parts on their own. */
@NullMarked
package dev.holdfast.embeddedfdb.engine;

import org.jspecify.annotations.NullMarked;
