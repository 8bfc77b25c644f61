package dev.holdfast.sync.disk;

import dev.holdfast.model.Names;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What names a platform's disks can hold. Names come from other devices, whose platforms hold more;
 * one that this disk cannot hold is reported and waits, and is never taken for deleted.
 *
 * @param foldsCase two names that differ only in case, or in how accents are composed, are one
 * @param reserves some names and characters mean something else, as on Windows
 * @param nameUnitsMax length of a name in UTF-16 units; the 255 bytes of every name are within it
 *     elsewhere
 * @param pathUnitsMax length of a path within the folder in UTF-16 units
 */
public record PlatformRules(
        boolean foldsCase, boolean reserves, int nameUnitsMax, int pathUnitsMax) {
    private static final Set<String> RESERVED =
            Set.of(
                    "con",
                    "prn",
                    "aux",
                    "nul",
                    "conin$",
                    "conout$",
                    "com0",
                    "com1",
                    "com2",
                    "com3",
                    "com4",
                    "com5",
                    "com6",
                    "com7",
                    "com8",
                    "com9",
                    "com\u00b9",
                    "com\u00b2",
                    "com\u00b3",
                    "lpt0",
                    "lpt1",
                    "lpt2",
                    "lpt3",
                    "lpt4",
                    "lpt5",
                    "lpt6",
                    "lpt7",
                    "lpt8",
                    "lpt9",
                    "lpt\u00b9",
                    "lpt\u00b2",
                    "lpt\u00b3");
    private static final String FORBIDDEN = "<>:\"\\|?*";

    /** Bytes decide there, and the model has seen to them; paths go up to PATH_MAX. */
    public static final PlatformRules LINUX = new PlatformRules(false, false, 255, 4_000);

    public static final PlatformRules MACOS = new PlatformRules(true, false, 255, 1_000);

    /** With long paths, which the Java runtime asks for by itself. */
    public static final PlatformRules WINDOWS = new PlatformRules(true, true, 255, 32_000);

    /** The rules of an operating system by the name that Java has for it. */
    public static PlatformRules of(String system) {
        String name = system.toLowerCase(Locale.ROOT);
        if (name.startsWith("windows")) {
            return WINDOWS;
        }
        return name.startsWith("mac") ? MACOS : LINUX;
    }

    /** The same rules on a disk that folds case, or does not. */
    public PlatformRules folding(boolean folds) {
        return new PlatformRules(folds, reserves, nameUnitsMax, pathUnitsMax);
    }

    /** Why the disk cannot hold something at that path, in words for a person; null when it can. */
    public @Nullable String fault(String path) {
        if (path.length() > pathUnitsMax) {
            return "its path is longer than this device allows (" + pathUnitsMax + ")";
        }
        String name = path.substring(path.lastIndexOf('/') + 1);
        if (name.length() > nameUnitsMax) {
            return "its name is longer than this device allows (" + nameUnitsMax + ")";
        }
        return reserves ? reserved(name) : null;
    }

    private static @Nullable String reserved(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c < ' ' || FORBIDDEN.indexOf(c) >= 0) {
                return "its name contains "
                        + (c < ' ' ? "a control character" : c)
                        + ", which this device cannot hold";
            }
        }
        if (name.endsWith(".") || name.endsWith(" ")) {
            return "its name ends with a dot or a blank, which this device drops";
        }
        int dot = name.indexOf('.');
        String stem = (dot < 0 ? name : name.substring(0, dot)).stripTrailing();
        return RESERVED.contains(stem.toLowerCase(Locale.ROOT))
                ? "its name means a device of the machine"
                : null;
    }

    /** True when this disk takes the two names for one. */
    public boolean same(String one, String two) {
        return one.equals(two) || (foldsCase && Names.foldKey(one).equals(Names.foldKey(two)));
    }
}
