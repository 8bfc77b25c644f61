package dev.holdfast.model.frames;

/** Numbers of the layout, version 1. */
final class FrameLayout {
    static final int HEADER_BYTES = 64;

    /** A header longer than this is not from any version to come, it is noise. */
    static final int HEADER_BYTES_MAX = 1_024;

    static final int KIND_CHUNK = 1;
    static final int KIND_STATUS = 2;
    static final int KIND_END = 3;

    private FrameLayout() {}
}
