package dev.holdfast.repair;

import dev.holdfast.chunkstore.Packs;

/** What one replica holds where a chunk's row says the chunk lies. */
sealed interface CopyState {
    /** The chunk, and HDFS's checksums agree. */
    record Good() implements CopyState {}

    /** The chunk, but HDFS's checksums are wrong or gone. */
    record BadChecksums(String why) implements CopyState {}

    /** The chunk's bytes behind a damaged header. */
    record BadHeader(String why) implements CopyState {}

    /** Other bytes. */
    record Bad(String why) implements CopyState {}

    /** The sound header of another record, or one of other lengths. */
    record Other(Packs.Entry entry) implements CopyState {}

    /** The DataNode answered that it has no such bytes. */
    record Absent(String why) implements CopyState {}

    /** Nobody answered. */
    record Unavailable(String why) implements CopyState {}

    /** The chunk can be taken from here. */
    default boolean holdsChunk() {
        return switch (this) {
            case Good _, BadChecksums _, BadHeader _ -> true;
            case Bad _, Other _, Absent _, Unavailable _ -> false;
        };
    }

    /** Something is definitely wrong with this copy. */
    default boolean faulty() {
        return switch (this) {
            case BadChecksums _, BadHeader _, Bad _, Other _, Absent _ -> true;
            case Good _, Unavailable _ -> false;
        };
    }

    /** For a person. */
    default String why() {
        return switch (this) {
            case Good _ -> "good";
            case BadChecksums(String why) -> "HDFS's checksums are wrong: " + why;
            case BadHeader(String why) -> why;
            case Bad(String why) -> why;
            case Other(Packs.Entry entry) -> "another record lies there, of chunk " + entry.hash();
            case Absent(String why) -> why;
            case Unavailable(String why) -> why;
        };
    }
}
