package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import dev.holdfast.metadata.schema.MetadataRecords.Node;
import dev.holdfast.model.Names;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.Refusal;
import java.time.LocalDate;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Finds a name for a node in a folder, before anything is written. */
final class Naming {
    /** Conflict copies of one name, device and day. */
    private static final int ATTEMPTS_MAX = 100;

    private final Workspace workspace;
    private final String device;
    private final LocalDate today;

    Naming(Workspace workspace, String device, LocalDate today) {
        this.workspace = workspace;
        this.device = device;
        this.today = today;
    }

    /** What a node may be called. */
    sealed interface Decision {
        /**
         * This name.
         *
         * @param taken who has the name that was asked for; null when that name was free
         */
        record Free(String name, @Nullable ByteString taken) implements Decision {}

        record Refused(Refusal refusal) implements Decision {}

        /** The name was given up in this very transaction: ask again in the next. */
        record Later() implements Decision {}
    }

    /** Why a name cannot be used anywhere; null when it can. */
    static @Nullable Refusal fault(String name) {
        @Nullable String fault = Names.fault(name);
        return fault == null
                ? null
                : Refusal.of(ProblemCode.INVALID, "the name " + fault + "; choose another one");
    }

    /**
     * Decides on a valid name.
     *
     * @param self the node that wants it: its own name is free for it
     * @param beside whether another name will do when it is taken
     */
    Decision decide(ByteString parent, String name, ByteString self, boolean beside) {
        Workspace.Slot slot = new Workspace.Slot(parent, Names.nameKey(name));
        if (workspace.vacatedByAnother(slot, self)) {
            return new Decision.Later();
        }
        Optional<ByteString> holder = workspace.child(slot);
        if (holder.isEmpty() || holder.get().equals(self)) {
            return new Decision.Free(name, null);
        }
        return beside ? beside(parent, name, self, holder.get()) : taken(holder.get());
    }

    private Decision beside(ByteString parent, String name, ByteString self, ByteString holder) {
        for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
            String copy = Names.conflictCopy(name, device, today, attempt);
            Workspace.Slot slot = new Workspace.Slot(parent, Names.nameKey(copy));
            if (workspace.vacatedByAnother(slot, self)) {
                return new Decision.Later();
            }
            Optional<ByteString> other = workspace.child(slot);
            if (other.isEmpty() || other.get().equals(self)) {
                return new Decision.Free(copy, holder);
            }
        }
        return taken(holder);
    }

    private Decision taken(ByteString holder) {
        return new Decision.Refused(
                new Refusal(
                        ProblemCode.NAME_TAKEN,
                        "the folder has something of that name already",
                        workspace.node(holder).map(Images::state).orElse(null)));
    }

    /** A copy under the name of a node that keeps it. */
    Decision copyOf(Node original, ByteString copy) {
        return beside(original.getParent(), original.getName(), copy, original.getNode());
    }
}
