package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.random.RandomGenerator;

/** Names an upload: the lease that groups contents on their way in. The client chooses it. */
public record UploadId(Id128 id) implements Comparable<UploadId> {
    public static UploadId random(RandomGenerator random) {
        return new UploadId(Id128.random(random));
    }

    /** Reads 32 hexadecimal digits; throws {@link IllegalArgumentException} on anything else. */
    @JsonCreator
    public static UploadId parse(String text) {
        return new UploadId(Id128.parse(text));
    }

    public static UploadId of(byte[] bytes) {
        return new UploadId(Id128.of(bytes));
    }

    public byte[] toBytes() {
        return id.toBytes();
    }

    @Override
    public int compareTo(UploadId other) {
        return id.compareTo(other.id);
    }

    @JsonValue
    @Override
    public String toString() {
        return id.toString();
    }
}
