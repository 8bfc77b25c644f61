/** What tests of the gateway need of the metadata that programs do not. */
@NullMarked
package dev.holdfast.metadata;

import org.jspecify.annotations.NullMarked;
