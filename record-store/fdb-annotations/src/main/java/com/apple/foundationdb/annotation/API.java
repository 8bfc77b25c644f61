package com.apple.foundationdb.annotation;

import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;

/**
 * Stands in, at compile time only, for the stability annotation that the Record Layer's classes
 * carry: its own artifact is not published where the rest is, and javac warns of every constant it
 * cannot resolve.
 */
@Retention(RetentionPolicy.CLASS)
public @interface API {
    Status value();

    /** The stability levels the Record Layer uses. */
    enum Status {
        INTERNAL,
        EXPERIMENTAL,
        UNSTABLE,
        MAINTAINED,
        STABLE,
        DEPRECATED
    }
}
