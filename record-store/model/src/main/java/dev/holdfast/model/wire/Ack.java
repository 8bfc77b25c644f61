package dev.holdfast.model.wire;

/** Body of {@code POST /v1/namespaces/{ns}/ack}: everything up to the cursor is on the device. */
public record Ack(String cursor) {}
