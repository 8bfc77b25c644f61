package dev.holdfast.gateway.cli;

import dev.holdfast.model.Id128;
import dev.holdfast.model.PackId;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code gc deletions}: which packs were deleted, when, why and by which job. */
@Command(
        name = "deletions",
        description = "Say which packs were deleted, when, why and by which job.",
        footer = "Exit codes: 0 done, 10 the pack was not deleted here.")
final class GcDeletions extends JobAsking {
    private static final String PATH = "/v1/admin/gc/deletions";

    @Parameters(
            arity = "0..1",
            paramLabel = "PACK",
            description = "Only this one, 32 hexadecimal digits; without it all, by id.")
    private @Nullable String pack;

    GcDeletions(Terminal terminal) {
        super(terminal);
    }

    /** One page, as the server answers it. */
    record DeletionPage(List<DeletionLine> deletions, @Nullable PackId next) {}

    record DeletionLine(PackId pack, long bytes, long atMillis, Id128 job, String why) {}

    @Override
    public Integer call() {
        if (pack != null) {
            show(client().get(PATH + "?pack=" + AdminClient.part(pack), DeletionPage.class));
            return ExitCode.OK;
        }
        DeletionPage page = client().get(PATH, DeletionPage.class);
        show(page);
        while (page.next() != null) {
            page = client().get(PATH + "?after=" + page.next(), DeletionPage.class);
            show(page);
        }
        return ExitCode.OK;
    }

    private void show(DeletionPage page) {
        for (DeletionLine line : page.deletions()) {
            if (json()) {
                terminal().json(line);
            } else {
                terminal()
                        .line(
                                "%s pack %s, %s, job %s: %s"
                                        .formatted(
                                                Instant.ofEpochMilli(line.atMillis()),
                                                line.pack(),
                                                Sizes.text(line.bytes()),
                                                line.job(),
                                                line.why()));
            }
        }
    }
}
