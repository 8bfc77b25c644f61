package dev.holdfast.embeddedfdb;

import com.apple.foundationdb.FDB;
import com.apple.foundationdb.KeyArrayResult;
import java.io.ByteArrayOutputStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes the binding's classes usable where no native client is installed. Loading {@code FDB} loads
 * {@code libfdb_java}; its place is named by a system property, and any library that can be loaded
 * satisfies it, because nothing of this engine calls native methods. {@code FDB}'s only instance,
 * which the tuple layer asks for the API version, is then made through its private constructor.
 *
 * <p>This is the one place that reaches into the binding. Where the native client is installed,
 * nothing is replaced, so that the same process can open real clusters too.
 */
final class NativeClient {
    /** The binding's newest API, which the engine implements. */
    static final int API_VERSION = 710;

    private static final String LIBRARY_PROPERTY = "FDB_LIBRARY_PATH_FDB_JAVA";

    /** Small libraries of the JDK that define nothing an application would miss. */
    private static final List<String> STAND_INS =
            List.of("prefs", "rmi", "extnet", "management_agent", "j2gss", "jaas");

    private static boolean ready;

    private NativeClient() {}

    /** Prepares the binding's classes; cheap after the first call. */
    static synchronized void prepare() {
        if (ready) {
            return;
        }
        if (System.getProperty(LIBRARY_PROPERTY) == null && !installed()) {
            System.setProperty(LIBRARY_PROPERTY, standIn());
        }
        if (!FDB.isAPIVersionSelected()) {
            if (installed()) {
                FDB.selectAPIVersion(API_VERSION);
            } else {
                makeInstance();
            }
        }
        ready = true;
    }

    @SuppressWarnings("restricted")
    private static boolean installed() {
        try {
            System.loadLibrary("fdb_c");
            return true;
        } catch (UnsatisfiedLinkError absent) {
            return false;
        }
    }

    @SuppressWarnings("restricted")
    private static String standIn() {
        Path libraries = Path.of(System.getProperty("java.home"), "lib");
        for (String name : STAND_INS) {
            Path library = libraries.resolve(System.mapLibraryName(name));
            if (Files.isRegularFile(library)) {
                try {
                    System.load(library.toString());
                    return library.toString();
                } catch (UnsatisfiedLinkError taken) {
                    // Loaded by another class loader already: the next one will do.
                }
            }
        }
        throw new IllegalStateException(
                "No library to stand in for libfdb_java was found in "
                        + libraries
                        + ". Set the system property "
                        + LIBRARY_PROPERTY
                        + " to the path of any shared library.");
    }

    /** A list of keys in the binding's own type, which has no public constructor. */
    static KeyArrayResult keys(List<byte[]> keys) {
        int[] lengths = keys.stream().mapToInt(key -> key.length).toArray();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        keys.forEach(bytes::writeBytes);
        try {
            Constructor<KeyArrayResult> constructor =
                    KeyArrayResult.class.getDeclaredConstructor(byte[].class, int[].class);
            constructor.setAccessible(true);
            return constructor.newInstance(bytes.toByteArray(), lengths);
        } catch (ReflectiveOperationException mismatch) {
            throw new IllegalStateException(
                    "this fdb-java is not the version the engine was built for", mismatch);
        }
    }

    private static void makeInstance() {
        try {
            Constructor<FDB> constructor = FDB.class.getDeclaredConstructor(int.class);
            constructor.setAccessible(true);
            Field singleton = FDB.class.getDeclaredField("singleton");
            singleton.setAccessible(true);
            singleton.set(null, constructor.newInstance(API_VERSION));
        } catch (ReflectiveOperationException mismatch) {
            throw new IllegalStateException(
                    "this fdb-java is not the version the engine was built for", mismatch);
        }
    }
}
