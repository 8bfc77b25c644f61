package dev.holdfast.gateway;

/** Which build this is. */
public final class Version {
    private static final String UNPACKAGED = "development";

    private Version() {}

    /** The version from the jar's manifest. */
    public static String text() {
        String version = Version.class.getPackage().getImplementationVersion();
        return version == null ? UNPACKAGED : version;
    }
}
