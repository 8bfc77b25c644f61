package dev.holdfast.model;

import com.ibm.icu.lang.UCharacter;
import com.ibm.icu.text.Normalizer2;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * The rules for names of nodes: which names are valid, when two names are the same name, and what a
 * conflict copy is called. Normalisation and case folding come from ICU, so that they follow a
 * pinned version of Unicode and not that of the Java runtime.
 */
public final class Names {
    /** Longer "extensions" are part of the stem: they would leave no room to shorten it. */
    private static final int EXTENSION_BYTES_MAX = 32;

    /** Loaded late: most names are ASCII and never need the tables. */
    private static final class Unicode {
        static final Normalizer2 NFC = Normalizer2.getNFCInstance();

        private Unicode() {}
    }

    private Names() {}

    /** Why the name is not valid, as the end of a sentence; null when it is valid. */
    public static @Nullable String fault(String name) {
        if (name.isEmpty()) {
            return "is empty";
        }
        if (name.equals(".") || name.equals("..")) {
            return "has a meaning of its own";
        }
        int bytes = 0;
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            if (c == '/' || c == '\0') {
                return c == '/' ? "contains a slash" : "contains a NUL character";
            }
            if (Character.isSurrogate(c)) {
                boolean pair =
                        Character.isHighSurrogate(c)
                                && i + 1 < name.length()
                                && Character.isLowSurrogate(name.charAt(i + 1));
                if (!pair) {
                    return "contains half of a surrogate pair";
                }
                i++;
                bytes += 4;
            } else {
                bytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            }
            if (bytes > Limits.NAME_BYTES_MAX) {
                return "is longer than " + Limits.NAME_BYTES_MAX + " bytes in UTF-8";
            }
        }
        return null;
    }

    public static boolean valid(String name) {
        return fault(name) == null;
    }

    /** Returns the name; throws {@link IllegalArgumentException} that says why it is not valid. */
    public static String requireValid(String name) {
        String fault = fault(name);
        if (fault != null) {
            throw new IllegalArgumentException("the name " + fault);
        }
        return name;
    }

    /** Two live children of a folder never have equal keys: NFC of the name. */
    public static String nameKey(String name) {
        return isAscii(name) ? name : Unicode.NFC.normalize(name);
    }

    /** Equal for names that a disk which folds case takes for one: full case folding, then NFC. */
    public static String foldKey(String name) {
        if (isAscii(name)) {
            return lowerAscii(name);
        }
        String folded = UCharacter.foldCase(Unicode.NFC.normalize(name), true);
        return Unicode.NFC.normalize(folded);
    }

    /**
     * What a conflict copy is called: {@code stem (conflicted copy, DEVICE DATE[ N]).ext},
     * shortened to {@link Limits#NAME_BYTES_MAX} bytes by cutting the stem.
     *
     * @param attempt 1 for the first try, which carries no number; more when that name is taken
     */
    public static String conflictCopy(String name, String device, LocalDate date, int attempt) {
        String number = attempt <= 1 ? "" : " " + attempt;
        String label = cutToBytes(clean(device), Limits.DEVICE_NAME_BYTES_MAX);
        return suffixed(name, " (conflicted copy, " + label + " " + date + number + ")");
    }

    /** Puts a suffix before the extension and shortens the stem so that the whole is valid. */
    public static String suffixed(String name, String suffix) {
        int dot = name.lastIndexOf('.');
        boolean split = dot > 0 && utf8Length(name.substring(dot)) <= EXTENSION_BYTES_MAX;
        String extension = split ? name.substring(dot) : "";
        String stem = split ? name.substring(0, dot) : name;
        int room = Limits.NAME_BYTES_MAX - utf8Length(suffix) - utf8Length(extension);
        return cutToBytes(stem, room) + suffix + extension;
    }

    /** Length in UTF-8 of a string without unpaired surrogates. */
    public static int utf8Length(String text) {
        return isAscii(text) ? text.length() : text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** A device is named by a person: what must not stand in a file name becomes a hyphen. */
    private static String clean(String device) {
        StringBuilder cleaned = new StringBuilder(device.length());
        device.codePoints().map(c -> usable(c) ? c : '-').forEach(cleaned::appendCodePoint);
        return cleaned.isEmpty() ? "device" : cleaned.toString();
    }

    private static boolean usable(int codePoint) {
        return codePoint >= 0x20
                && codePoint != 0x7f
                && "/\\:*?\"<>|".indexOf(codePoint) < 0
                && !(codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE);
    }

    private static String cutToBytes(String text, int bytesMax) {
        if (utf8Length(text) <= bytesMax) {
            return text;
        }
        int bytes = 0;
        int end = 0;
        while (end < text.length()) {
            int codePoint = text.codePointAt(end);
            bytes += utf8Length(Character.toString(codePoint));
            if (bytes > bytesMax) {
                break;
            }
            end += Character.charCount(codePoint);
        }
        return text.substring(0, end);
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static String lowerAscii(String text) {
        StringBuilder lower = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            lower.append(c >= 'A' && c <= 'Z' ? (char) (c + ('a' - 'A')) : c);
        }
        return lower.toString();
    }
}
