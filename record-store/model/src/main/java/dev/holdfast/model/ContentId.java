package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.random.RandomGenerator;

/**
 * Names one file content, being uploaded or stored: the owner of references to chunks. The client
 * chooses it.
 */
public record ContentId(Id128 id) implements Comparable<ContentId> {
    public static ContentId random(RandomGenerator random) {
        return new ContentId(Id128.random(random));
    }

    /** Reads 32 hexadecimal digits; throws {@link IllegalArgumentException} on anything else. */
    @JsonCreator
    public static ContentId parse(String text) {
        return new ContentId(Id128.parse(text));
    }

    public static ContentId of(byte[] bytes) {
        return new ContentId(Id128.of(bytes));
    }

    public byte[] toBytes() {
        return id.toBytes();
    }

    @Override
    public int compareTo(ContentId other) {
        return id.compareTo(other.id);
    }

    @JsonValue
    @Override
    public String toString() {
        return id.toString();
    }
}
