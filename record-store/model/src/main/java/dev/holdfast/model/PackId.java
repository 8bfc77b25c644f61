package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.random.RandomGenerator;

/** Names a pack file; never used twice. */
public record PackId(Id128 id) implements Comparable<PackId> {
    public static PackId random(RandomGenerator random) {
        return new PackId(Id128.random(random));
    }

    /** Reads 32 hexadecimal digits; throws {@link IllegalArgumentException} on anything else. */
    @JsonCreator
    public static PackId parse(String text) {
        return new PackId(Id128.parse(text));
    }

    public static PackId of(byte[] bytes) {
        return new PackId(Id128.of(bytes));
    }

    public byte[] toBytes() {
        return id.toBytes();
    }

    @Override
    public int compareTo(PackId other) {
        return id.compareTo(other.id);
    }

    @JsonValue
    @Override
    public String toString() {
        return id.toString();
    }
}
