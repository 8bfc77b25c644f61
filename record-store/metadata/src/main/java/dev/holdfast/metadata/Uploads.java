package dev.holdfast.metadata;

import dev.holdfast.model.Answer;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.Done;
import dev.holdfast.model.UploadId;
import dev.holdfast.model.wire.Declaration;
import dev.holdfast.model.wire.DeclarationResult;
import dev.holdfast.model.wire.UploadStart;
import dev.holdfast.model.wire.UploadState;
import java.util.Set;

/** Uploads: leases under which contents come in. Any use renews the lease. */
public interface Uploads {
    /** The same start again answers alike; the id with another start is refused. */
    Answer<UploadState> begin(Caller caller, UploadStart start);

    Answer<UploadState> renew(Caller caller, UploadId upload);

    /** Gives up what was not committed. An upload that is gone already is given up, too. */
    Answer<Done> abandon(Caller caller, UploadId upload);

    /**
     * Declares parts of contents and pins chunks the namespace or the caller's own namespace refers
     * to already (T3). A part once declared never changes; declaring it again is harmless and
     * answers what is missing now. Takes a few transactions for a large declaration; repeat it
     * after a failure.
     */
    Answer<DeclarationResult> declare(Caller caller, UploadId upload, Declaration declaration);

    /** Those of the contents that may receive bytes under this upload now. */
    Answer<Set<ContentId>> authorize(Caller caller, UploadId upload, Set<ContentId> contents);
}
