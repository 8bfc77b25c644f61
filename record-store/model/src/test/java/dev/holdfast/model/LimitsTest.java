package dev.holdfast.model;

import static org.assertj.core.api.Assertions.assertThatNoException;

import java.lang.invoke.MethodHandles;
import org.junit.jupiter.api.Test;

class LimitsTest {
    /**
     * The compiler copies constants into who uses them, so that nothing but this ever runs the
     * checks.
     */
    @Test
    void theLimitsDoNotContradictEachOther() {
        assertThatNoException()
                .isThrownBy(() -> MethodHandles.lookup().ensureInitialized(Limits.class));
    }
}
