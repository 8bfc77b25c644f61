package dev.holdfast.sync.cli;

import dev.holdfast.model.Sha256;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Base64;

/** The device's secret, kept in a file of mode 0600. The server only ever stores its hash. */
record Token(String text) {
    private static final int BYTES = 32;
    private static final String FILE = "token";

    Sha256 hash() {
        return Sha256.hash(text.getBytes(StandardCharsets.US_ASCII));
    }

    static Token load(Path state) throws CommandException {
        try {
            return new Token(Files.readString(state.resolve(FILE)).strip());
        } catch (NoSuchFileException e) {
            throw new CommandException(
                    ExitCode.NOT_ALLOWED,
                    "the device's token is missing in " + state + "; link the folder again");
        } catch (IOException e) {
            throw new CommandException(
                    ExitCode.FAILED, "the device's token cannot be read: " + e.getMessage());
        }
    }

    /**
     * Makes a token, or takes the one that an interrupted link left behind: the same code with the
     * same token answers alike, so a lost answer costs nothing.
     */
    static Token make(Path state, boolean fresh) throws IOException, CommandException {
        Path file = state.resolve(FILE);
        // Earlier versions could leave an empty one behind.
        if (!fresh && Files.exists(file) && !Files.readString(file).isBlank()) {
            return load(state);
        }
        byte[] bytes = new byte[BYTES];
        new SecureRandom().nextBytes(bytes);
        Token token = new Token(Base64.getUrlEncoder().withoutPadding().encodeToString(bytes));
        StateFile.replace(
                file,
                token.text.getBytes(StandardCharsets.US_ASCII),
                StateFile.privately("rw-------"));
        return token;
    }

    static void delete(Path state) throws IOException {
        Files.deleteIfExists(state.resolve(FILE));
    }

    /** Never the secret itself: logs and traces print records. */
    @Override
    public String toString() {
        return "Token[hidden]";
    }
}
