package dev.holdfast.model.wire;

import java.util.List;

/**
 * Answer of {@code GET /v1/namespaces}.
 *
 * @param cell the server's identity, as in {@link DeviceRegistered}
 */
public record NamespaceList(String cell, List<NamespaceState> namespaces) {
    public NamespaceList {
        namespaces = List.copyOf(namespaces);
    }
}
