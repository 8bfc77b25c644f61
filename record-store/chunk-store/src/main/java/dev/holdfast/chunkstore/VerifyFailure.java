package dev.holdfast.chunkstore;

/**
 * A way in which bytes can turn out not to be the chunk they are to be.
 *
 * @param path where they were looked at
 * @param cause what was wrong
 */
public record VerifyFailure(Path path, Cause cause) {
    /** Where bytes are looked at. */
    public enum Path {
        /** They were sent to be stored. */
        UPLOAD,
        /** They were read from whatever copy HDFS chose. */
        READ,
        /** They were read from one copy by itself, because of a failure before. */
        REPLICA
    }

    /** What is wrong with bytes. */
    public enum Cause {
        /** HDFS's own checksum. */
        CHECKSUM,
        /** The file ends before them. */
        CUT,
        /** The header of the record, or it is another chunk's. */
        RECORD,
        /** They do not decompress. */
        PAYLOAD,
        /** Their SHA-256. */
        DIGEST
    }
}
