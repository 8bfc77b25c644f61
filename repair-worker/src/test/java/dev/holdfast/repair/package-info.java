/** Tests of repair, on a real HDFS with three DataNodes. */
@NullMarked
package dev.holdfast.repair;

import org.jspecify.annotations.NullMarked;
