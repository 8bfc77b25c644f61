package dev.holdfast.model.wire;

import dev.holdfast.model.UploadId;

/**
 * An upload as it stands.
 *
 * @param expiresAtMillis when the lease ends unless the upload is used before, in milliseconds
 *     since 1970-01-01T00:00:00Z
 */
public record UploadState(UploadId upload, long declaredBytes, long expiresAtMillis) {}
