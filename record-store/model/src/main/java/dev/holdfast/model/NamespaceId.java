package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.random.RandomGenerator;

/** Names a namespace: the tree that one folder of a device is kept equal to. */
public record NamespaceId(Id128 id) implements Comparable<NamespaceId> {
    public static NamespaceId random(RandomGenerator random) {
        return new NamespaceId(Id128.random(random));
    }

    /** Reads 32 hexadecimal digits; throws {@link IllegalArgumentException} on anything else. */
    @JsonCreator
    public static NamespaceId parse(String text) {
        return new NamespaceId(Id128.parse(text));
    }

    public static NamespaceId of(byte[] bytes) {
        return new NamespaceId(Id128.of(bytes));
    }

    public byte[] toBytes() {
        return id.toBytes();
    }

    @Override
    public int compareTo(NamespaceId other) {
        return id.compareTo(other.id);
    }

    @JsonValue
    @Override
    public String toString() {
        return id.toString();
    }
}
