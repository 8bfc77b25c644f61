package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.random.RandomGenerator;

/** Names a device, the unit of sign-in and revocation and the author of operations. */
public record DeviceId(Id128 id) implements Comparable<DeviceId> {
    public static DeviceId random(RandomGenerator random) {
        return new DeviceId(Id128.random(random));
    }

    /** Reads 32 hexadecimal digits; throws {@link IllegalArgumentException} on anything else. */
    @JsonCreator
    public static DeviceId parse(String text) {
        return new DeviceId(Id128.parse(text));
    }

    public static DeviceId of(byte[] bytes) {
        return new DeviceId(Id128.of(bytes));
    }

    public byte[] toBytes() {
        return id.toBytes();
    }

    @Override
    public int compareTo(DeviceId other) {
        return id.compareTo(other.id);
    }

    @JsonValue
    @Override
    public String toString() {
        return id.toString();
    }
}
