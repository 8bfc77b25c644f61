package dev.holdfast.model.wire;

/** Body of {@code PATCH /v1/namespaces/{ns}}. */
public record NamespaceRename(String name) {}
