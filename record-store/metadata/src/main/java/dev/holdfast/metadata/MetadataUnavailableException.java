package dev.holdfast.metadata;

/**
 * FoundationDB could not serve within the tries a transaction has. Whether the last try was
 * committed may be unknown; repeating the request is safe.
 */
public final class MetadataUnavailableException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public MetadataUnavailableException(String message, Throwable cause) {
        super(message, cause);
    }
}
