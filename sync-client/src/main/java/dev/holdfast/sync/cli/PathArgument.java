package dev.holdfast.sync.cli;

import java.nio.file.Path;

/** Turns what a person types into a path in the synced folder. */
final class PathArgument {
    private PathArgument() {}

    /** The path inside the folder, with slashes; taken from where one stands, else from its top. */
    static String inside(LinkConfig config, String typed) throws CommandException {
        Path folder = Path.of(config.folder());
        Path given = Path.of(typed);
        Path here = given.toAbsolutePath().normalize();
        Path absolute =
                here.startsWith(folder) || given.isAbsolute()
                        ? here
                        : folder.resolve(given).normalize();
        if (!absolute.startsWith(folder)) {
            throw new CommandException(
                    ExitCode.NOT_FOUND, typed + " is not in the synced folder " + folder);
        }
        return folder.relativize(absolute).toString().replace('\\', '/');
    }
}
