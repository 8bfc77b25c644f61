package dev.holdfast.sync.disk;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PlatformRulesTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "con",
                "CON",
                "Nul.txt",
                "com1",
                "LPT9.tar.gz",
                "COM\u00b9",
                "aux .txt",
                "a:b",
                "what?",
                "a*",
                "<a>",
                "pipe|",
                "quote\"",
                "back\\slash",
                "tab\t",
                "dot.",
                "blank ",
                "..."
            })
    void windowsCannotHold(String name) {
        assertThat(PlatformRules.WINDOWS.fault("folder/" + name)).isNotNull();
        assertThat(PlatformRules.LINUX.fault("folder/" + name)).isNull();
        assertThat(PlatformRules.MACOS.fault("folder/" + name)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "console",
                "com10",
                "nul-",
                "a.b",
                ".profile",
                "com",
                "lpt",
                "auxiliary.txt",
                "ünï ☃",
                "日本語"
            })
    void windowsHolds(String name) {
        assertThat(PlatformRules.WINDOWS.fault(name)).isNull();
    }

    @Test
    void lengthsAreBoundedByPathAndName() {
        assertThat(PlatformRules.MACOS.fault("a".repeat(255))).isNull();
        assertThat(PlatformRules.MACOS.fault("a".repeat(256))).contains("name is longer");
        String deep = "folder/".repeat(150) + "a";
        assertThat(PlatformRules.MACOS.fault(deep)).contains("path is longer");
        assertThat(PlatformRules.LINUX.fault(deep)).isNull();
    }

    @Test
    void oneNameOnADiskThatFoldsAndTwoOnOneThatDoesNot() {
        assertThat(PlatformRules.MACOS.same("Straße", "STRASSE")).isTrue();
        assertThat(PlatformRules.MACOS.same("e\u0301", "\u00c9")).isTrue();
        assertThat(PlatformRules.LINUX.same("a", "A")).isFalse();
        assertThat(PlatformRules.LINUX.folding(true).same("a", "A")).isTrue();
        assertThat(PlatformRules.WINDOWS.folding(false).same("a", "A")).isFalse();
    }

    @Test
    void platformsAreKnownByTheNamesJavaHasForThem() {
        assertThat(PlatformRules.of("Windows 11")).isEqualTo(PlatformRules.WINDOWS);
        assertThat(PlatformRules.of("Mac OS X")).isEqualTo(PlatformRules.MACOS);
        assertThat(PlatformRules.of("Linux")).isEqualTo(PlatformRules.LINUX);
    }
}
