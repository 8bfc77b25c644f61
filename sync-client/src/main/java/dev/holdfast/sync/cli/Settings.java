package dev.holdfast.sync.cli;

import java.io.IOException;
import java.io.Reader;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What can be set for a link: flags win over {@code HOLDFAST_*} variables, over {@code
 * config.properties} in the state directory, over defaults. The file's keys are the long options
 * without their hyphens in front; a running client takes up changed limits by itself.
 *
 * @param limitUp bytes a second, 0 for no limit
 * @param limitDown bytes a second, 0 for no limit
 * @param maxDelete as `--max-delete` takes it; null for the usual limit
 */
record Settings(long limitUp, long limitDown, @Nullable String maxDelete) {
    static final String FILE = "config.properties";
    static final String LIMIT_UP = "limit-up";
    static final String LIMIT_DOWN = "limit-down";
    static final String MAX_DELETE = "max-delete";

    private static final Set<String> KEYS = Set.of(LIMIT_UP, LIMIT_DOWN, MAX_DELETE);

    /** Resolves each setting. */
    static Settings resolve(Path state, Map<String, String> flags, Map<String, String> environment)
            throws CommandException, IOException {
        Properties file = read(state);
        return new Settings(
                rate(value(LIMIT_UP, flags, environment, file)),
                rate(value(LIMIT_DOWN, flags, environment, file)),
                value(MAX_DELETE, flags, environment, file));
    }

    private static long rate(@Nullable String text) throws CommandException {
        return text == null ? 0 : RateArgument.parse(text);
    }

    private static @Nullable String value(
            String key,
            Map<String, String> flags,
            Map<String, String> environment,
            Properties file) {
        String flag = flags.get(key);
        String variable = environment.get(variable(key));
        return flag != null ? flag : variable != null ? variable : file.getProperty(key);
    }

    static String variable(String key) {
        return "HOLDFAST_" + key.toUpperCase(java.util.Locale.ROOT).replace('-', '_');
    }

    private static Properties read(Path state) throws CommandException, IOException {
        Properties properties = new Properties();
        Path file = state.resolve(FILE);
        try (Reader reader = Files.newBufferedReader(file)) {
            properties.load(reader);
        } catch (NoSuchFileException e) {
            return properties;
        } catch (IllegalArgumentException e) {
            throw new CommandException(ExitCode.USAGE, file + " is not a properties file");
        }
        Set<String> unknown = new TreeSet<>(properties.stringPropertyNames());
        unknown.removeAll(KEYS);
        if (!unknown.isEmpty()) {
            throw new CommandException(
                    ExitCode.USAGE,
                    file + " has unknown keys " + unknown + "; known are " + new TreeSet<>(KEYS));
        }
        return properties;
    }

    /** Changes settings in the file, all at once. */
    static void store(Path state, Map<String, String> changed)
            throws CommandException, IOException {
        Properties properties = read(state);
        properties.putAll(changed);
        StringWriter text = new StringWriter();
        properties.store(text, null);
        StateFile.replace(state.resolve(FILE), text.toString().getBytes(StandardCharsets.UTF_8));
    }
}
