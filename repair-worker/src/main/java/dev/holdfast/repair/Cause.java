package dev.holdfast.repair;

import java.util.Locale;

/** What a finding is about; one for each step of the ladder that can explain a bad read. */
public enum Cause {
    /** The row names the wrong place, or the wrong lengths; the data is good. */
    INDEX_FAULT,
    /** A replica's bytes are not the chunk; another replica's are. */
    BAD_REPLICA,
    /** A DataNode has no such bytes any more; another one has. */
    MISSING_REPLICA,
    /** A replica's bytes are good, but HDFS's checksums beside them are not. */
    BAD_CHECKSUMS,
    /** A replica is damaged where no chunk lies. */
    DEAD_BYTES,
    /** No replica is good, but a copy in another pack is. */
    OLD_COPY,
    /** No copy is good anywhere. */
    LOST,
    /** It was lost, and reads well again. */
    FOUND,
    /** Not everybody who may have a copy could answer: nothing is known, nothing is done. */
    UNAVAILABLE;

    /** As reports and metrics have it. */
    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }
}
