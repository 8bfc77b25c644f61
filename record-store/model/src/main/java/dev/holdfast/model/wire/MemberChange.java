package dev.holdfast.model.wire;

/** Body of {@code PUT /v1/namespaces/{ns}/members/{account name}}. */
public record MemberChange(RoleName role) {}
