package dev.holdfast.model;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.random.RandomGenerator;

/** Names an account, the owner of devices and of quota. */
public record AccountId(Id128 id) implements Comparable<AccountId> {
    public static AccountId random(RandomGenerator random) {
        return new AccountId(Id128.random(random));
    }

    /** Reads 32 hexadecimal digits; throws {@link IllegalArgumentException} on anything else. */
    @JsonCreator
    public static AccountId parse(String text) {
        return new AccountId(Id128.parse(text));
    }

    public static AccountId of(byte[] bytes) {
        return new AccountId(Id128.of(bytes));
    }

    public byte[] toBytes() {
        return id.toBytes();
    }

    @Override
    public int compareTo(AccountId other) {
        return id.compareTo(other.id);
    }

    @JsonValue
    @Override
    public String toString() {
        return id.toString();
    }
}
