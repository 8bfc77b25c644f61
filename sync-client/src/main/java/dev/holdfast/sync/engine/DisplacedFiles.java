package dev.holdfast.sync.engine;

import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.sync.disk.DiskEntry;
import dev.holdfast.sync.disk.Displaced;
import java.io.IOException;

/**
 * Ends the rest of files that were taken out of the folder. One that a program has still written to
 * comes back as a conflict copy beside where it was, or in the top folder where that is gone.
 */
final class DisplacedFiles {
    private static final long REST_MILLIS = 600_000;

    private final Context context;

    DisplacedFiles(Context context) {
        this.context = context;
    }

    void sweep() throws IOException {
        long now = context.clock().millis();
        for (Displaced file : context.disk().displaced()) {
            long age = now - file.sinceMillis();
            // A clock that was set back must not keep them for ever.
            if (age >= REST_MILLIS || age < 0) {
                release(file);
            }
        }
    }

    private void release(Displaced file) throws IOException {
        int slash = file.path().lastIndexOf('/');
        String name = file.path().substring(slash + 1);
        String folder = slash < 0 ? "" : file.path().substring(0, slash + 1);
        DiskEntry above = slash < 0 ? null : context.disk().look(file.path().substring(0, slash));
        boolean there = above != null && above.kind() == NodeKind.FOLDER;
        String place = there ? folder : "";
        int attempt = 1;
        String copy = place + context.naming().conflictName(name, attempt);
        while (context.disk().look(copy) != null) {
            attempt++;
            copy = place + context.naming().conflictName(name, attempt);
        }
        context.disk().release(file, copy);
    }
}
