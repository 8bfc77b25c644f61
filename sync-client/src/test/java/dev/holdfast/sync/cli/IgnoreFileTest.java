package dev.holdfast.sync.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IgnoreFileTest {
    @TempDir Path folder;

    private void rules(String in, String... lines) throws IOException {
        Path at = folder.resolve(in);
        Files.createDirectories(at);
        Files.writeString(at.resolve(".holdfastignore"), String.join("\n", lines) + "\n");
    }

    private IgnoreFile load() {
        return IgnoreFile.load(folder, "device", InstantSource.system());
    }

    @Test
    void rulesOfTheTopHoldEverywhere() throws IOException {
        rules("", "*.tmp", "/build/", "!keep.tmp");
        IgnoreFile ignore = load();
        assertThat(ignore.ignored("a.tmp", false)).isTrue();
        assertThat(ignore.ignored("deep/down/a.tmp", false)).isTrue();
        assertThat(ignore.ignored("deep/keep.tmp", false)).isFalse();
        assertThat(ignore.ignored("build", true)).isTrue();
        assertThat(ignore.ignored("build/x/y", false)).isTrue();
        assertThat(ignore.ignored("deep/build", true)).isFalse();
        assertThat(ignore.ignored("a.txt", false)).isFalse();
    }

    @Test
    void aDeeperFileDecidesForWhatIsBelowIt() throws IOException {
        rules("", "*.log", "secret/");
        rules("a", "!*.log", "/only-here");
        rules("a/b", "x.log");
        rules("secret", "!taken-back");
        IgnoreFile ignore = load();
        assertThat(ignore.ignored("x.log", false)).isTrue();
        assertThat(ignore.ignored("a/x.log", false)).isFalse();
        assertThat(ignore.ignored("a/b/x.log", false)).isTrue();
        assertThat(ignore.ignored("a/b/y.log", false)).isFalse();
        assertThat(ignore.ignored("a/only-here", false)).isTrue();
        assertThat(ignore.ignored("a/b/only-here", false)).isFalse();
        assertThat(ignore.ignored("secret/taken-back", false)).isTrue();
    }

    @Test
    void theFilesThemselvesAndTheClientsOwnStayHere() {
        IgnoreFile ignore = load();
        assertThat(ignore.ignored(".holdfastignore", false)).isTrue();
        assertThat(ignore.ignored("a/.holdfastignore", false)).isTrue();
        assertThat(ignore.ignored(".holdfast", true)).isTrue();
        assertThat(ignore.ignored(".holdfast/tmp/x", false)).isTrue();
        assertThat(ignore.ignored("a/.holdfast", true)).isFalse();
    }

    @Test
    void changedRulesHoldFromTheNextCycleOn() throws IOException {
        rules("", "a");
        IgnoreFile ignore = load();
        assertThat(ignore.ignored("a", false)).isTrue();
        rules("", "bb");
        Files.setLastModifiedTime(
                folder.resolve(".holdfastignore"), FileTime.fromMillis(1_000_000));
        assertThat(ignore.ignored("a", false)).isTrue();
        ignore.refresh();
        assertThat(ignore.ignored("a", false)).isFalse();
        assertThat(ignore.ignored("bb", false)).isTrue();
        Files.delete(folder.resolve(".holdfastignore"));
        ignore.refresh();
        assertThat(ignore.ignored("bb", false)).isFalse();
    }
}
