package dev.holdfast.metadata;

import dev.holdfast.model.Answer;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.wire.NamespaceList;
import dev.holdfast.model.wire.NamespaceState;

/** What a caller can see, and as what. */
public interface Namespaces {
    Answer<NamespaceList> list(Caller caller);

    /** A namespace the caller is no member of answers {@code not-found}. */
    Answer<NamespaceState> get(Caller caller, NamespaceId namespace);
}
