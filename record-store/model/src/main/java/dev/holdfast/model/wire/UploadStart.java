package dev.holdfast.model.wire;

import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.UploadId;

/**
 * Body of {@code POST /v1/uploads}; the same body again answers alike.
 *
 * @param declaredBytes plain bytes to be reserved against the quota
 */
public record UploadStart(UploadId upload, NamespaceId namespace, long declaredBytes) {}
