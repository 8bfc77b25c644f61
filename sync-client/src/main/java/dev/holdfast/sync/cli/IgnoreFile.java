package dev.holdfast.sync.cli;

import dev.holdfast.model.Names;
import dev.holdfast.sync.disk.FolderDisk;
import dev.holdfast.sync.engine.Context;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneId;
import org.eclipse.jgit.ignore.IgnoreNode;
import org.jspecify.annotations.Nullable;

/**
 * The rules of this device: {@code .holdfastignore} in the top folder, in gitignore's syntax, and
 * how conflict copies are called. The rules are this device's own, so the file itself stays here.
 */
final class IgnoreFile implements Context.Naming {
    private static final String FILE = ".holdfastignore";

    private final @Nullable IgnoreNode rules;
    private final String device;
    private final InstantSource clock;

    private IgnoreFile(@Nullable IgnoreNode rules, String device, InstantSource clock) {
        this.rules = rules;
        this.device = device;
        this.clock = clock;
    }

    static IgnoreFile load(Path folder, String device, InstantSource clock) throws IOException {
        IgnoreNode rules = null;
        try {
            byte[] bytes = Files.readAllBytes(folder.resolve(FILE));
            rules = new IgnoreNode();
            rules.parse(new ByteArrayInputStream(bytes));
        } catch (NoSuchFileException e) {
            rules = null;
        }
        return new IgnoreFile(rules, device, clock);
    }

    @Override
    public boolean ignored(String path, boolean folder) {
        if (path.equals(FILE)
                || path.equals(FolderDisk.OWN_FOLDER)
                || path.startsWith(FolderDisk.OWN_FOLDER + "/")) {
            return true;
        }
        if (rules == null) {
            return false;
        }
        for (int slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
            if (Boolean.TRUE.equals(rules.checkIgnored(path.substring(0, slash), true))) {
                return true;
            }
        }
        return Boolean.TRUE.equals(rules.checkIgnored(path, folder));
    }

    @Override
    public boolean takesAll() {
        return false;
    }

    @Override
    public String conflictName(String name, int attempt) {
        LocalDate today = LocalDate.ofInstant(clock.instant(), ZoneId.systemDefault());
        return Names.conflictCopy(name, device, today, attempt);
    }
}
