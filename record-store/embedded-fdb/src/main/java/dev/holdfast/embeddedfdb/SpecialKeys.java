package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.FdbError;
import dev.holdfast.embeddedfdb.engine.Keys;

/** The keys under {@code \xff\xff}, which are no data but answers of the client. */
final class SpecialKeys {
    private SpecialKeys() {}

    static boolean isSpecial(byte[] key) {
        return Keys.startsWith(key, Keys.ALL_END);
    }

    /** No special key can be written here. */
    static void refuseWrite(byte[] key) {
        if (isSpecial(key)) {
            throw FdbError.SPECIAL_KEYS_WRITE_DISABLED.exception();
        }
    }
}
