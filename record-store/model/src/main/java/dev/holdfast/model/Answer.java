package dev.holdfast.model;

/**
 * What a request to the domain comes to: a value, or a refusal that is part of the contract.
 * Exceptions are for what is broken.
 */
public sealed interface Answer<T> {
    record Ok<T>(T value) implements Answer<T> {}

    record Refused<T>(Refusal refusal) implements Answer<T> {}

    static <T> Answer<T> ok(T value) {
        return new Ok<>(value);
    }

    static <T> Answer<T> refused(ProblemCode code, String detail) {
        return new Refused<>(Refusal.of(code, detail));
    }

    static <T> Answer<T> refused(Refusal refusal) {
        return new Refused<>(refusal);
    }
}
