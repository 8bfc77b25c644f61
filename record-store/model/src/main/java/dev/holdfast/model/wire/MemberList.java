package dev.holdfast.model.wire;

import java.util.List;

/** Members of a namespace, owners first, then by name. */
public record MemberList(List<MemberState> members) {
    public MemberList {
        members = List.copyOf(members);
    }
}
