package dev.holdfast.model.wire;

import dev.holdfast.model.NamespaceId;

/**
 * Body of {@code POST /v1/namespaces}: a shared namespace, of which the caller's account becomes
 * the owner.
 *
 * @param namespace chosen by the client, so that a lost answer costs nothing
 */
public record NamespaceCreation(NamespaceId namespace, String name) {}
