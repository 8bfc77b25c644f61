package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.Answer;
import dev.holdfast.model.Names;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.NodeKind;
import dev.holdfast.model.wire.NodeList;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Pages of a folder's children: sorted, filtered by the begin of their names and by kind. */
class ListingTest {
    /** The last ones sort behind others in UTF-8 and before them in UTF-16, or end a range. */
    private static final List<String> NAMES =
            List.of(
                    "a",
                    "a b",
                    "ab",
                    "abc",
                    "b",
                    ".",
                    "..a",
                    ".hidden",
                    "e\u0301t\u00e9",
                    "\u00e9tage",
                    "ete",
                    "\ud7ff",
                    "\ud7ff1",
                    "\ue000",
                    "\ufffd x",
                    "\ud83d\ude00",
                    "\ud83d\ude00 smile",
                    "\udbff\udfff",
                    "\udbff\udfff\udbff\udfff",
                    "\udbff\udfffz");

    private final TestCell cell = new TestCell(77);
    private final TestDevice ada = cell.account("ada");
    private final NodeState folder = ada.folder(ada.root, "folder");
    private final List<NodeState> children = new ArrayList<>();

    @AfterEach
    void close() {
        cell.close();
    }

    private void fill() {
        for (String name : NAMES) {
            if (!Names.valid(name)) {
                continue;
            }
            children.add(
                    switch (children.size() % 3) {
                        case 0 -> ada.folder(folder.node(), name);
                        case 1 -> ada.file(folder.node(), name, name);
                        default ->
                                ada.done(
                                        new Op.CreateSymlink(
                                                ada.next(),
                                                ada.newNode(),
                                                folder.node(),
                                                name,
                                                "target",
                                                OnConflict.REJECT));
                    });
        }
        ada.done(ada.trashFolder(ada.folder(folder.node(), "abandoned").node(), ada.head()));
        ada.folder(ada.root, "abroad");
    }

    private NodeList page(NodeId of, ChildFilter filter, @Nullable String after, int limit) {
        return ok(cell.store.nodes().children(ada.caller, ada.ns, of, filter, after, limit));
    }

    private List<NodeState> all(ChildFilter filter, int limit) {
        List<NodeState> found = new ArrayList<>();
        @Nullable String after = null;
        for (int pages = 0; pages <= NAMES.size(); pages++) {
            NodeList page = page(folder.node(), filter, after, limit);
            assertThat(page.nodes().size()).isLessThanOrEqualTo(limit);
            found.addAll(page.nodes());
            after = page.next();
            if (after == null) {
                return found;
            }
        }
        throw new AssertionError("the listing does not end");
    }

    private static byte[] key(NodeState node) {
        return Names.nameKey(node.name()).getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void everyFilterListsWhatAComparisonOfAllFinds() {
        fill();
        List<@Nullable NodeKind> kinds = new ArrayList<>(List.of(NodeKind.values()));
        kinds.add(null);
        List<String> prefixes = new ArrayList<>(List.of("", "c", "..", "e\u0301", "\u00e9t"));
        for (String name : NAMES) {
            prefixes.add(name);
            prefixes.add(name.substring(0, name.offsetByCodePoints(0, 1)));
        }
        for (String prefix : prefixes) {
            for (@Nullable NodeKind kind : kinds) {
                List<NodeState> expected =
                        children.stream()
                                .filter(n -> kind == null || n.kind() == kind)
                                .filter(n ->
                                        Names.nameKey(n.name()).startsWith(Names.nameKey(prefix)))
                                .sorted(
                                        Comparator.comparing(
                                                ListingTest::key, Arrays::compareUnsigned))
                                .toList();
                for (int limit : new int[] {1, 2, 1_000}) {
                    assertThat(all(new ChildFilter(prefix, kind), limit))
                            .as("%s %s by %d", prefix, kind, limit)
                            .isEqualTo(expected);
                }
            }
        }
    }

    @Test
    void aPrefixThatNoNameBeginsWithIsRefused() {
        for (String prefix : List.of("a/", "\0", "x".repeat(256), "\ud800")) {
            assertThat(refused(listed(new ChildFilter(prefix, null), null)))
                    .isEqualTo(ProblemCode.INVALID);
        }
    }

    private Answer<NodeList> listed(ChildFilter filter, @Nullable String after) {
        return cell.store.nodes().children(ada.caller, ada.ns, folder.node(), filter, after, 10);
    }

    @Test
    void aTokenOfAnotherListingIsRefused() {
        fill();
        @Nullable String next = page(folder.node(), ChildFilter.ALL, null, 1).next();
        for (String prefix : List.of("\ud83d\ude00", "b", "a b")) {
            assertThat(refused(listed(new ChildFilter(prefix, null), next)))
                    .isEqualTo(ProblemCode.INVALID);
        }
        @Nullable String last = page(folder.node(), new ChildFilter("a", null), null, 3).next();
        assertThat(last).isNotNull();
        assertThat(refused(listed(new ChildFilter(".", null), last)))
                .isEqualTo(ProblemCode.INVALID);
    }

    /** Whatever is sent as {@code after}: an answer or a refusal. */
    @Test
    void noTokenBreaksAListing() {
        fill();
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < 3_000; i++) {
            byte[] bytes = new byte[random.nextInt(20)];
            random.nextBytes(bytes);
            if (bytes.length > 0) {
                // The codes of all types of elements, in turn.
                bytes[0] = (byte) (i % 64);
            }
            String after = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
            var answer = listed(i % 2 == 0 ? ChildFilter.ALL : new ChildFilter("a", null), after);
            if (answer instanceof Answer.Refused<NodeList>(var refusal)) {
                assertThat(refusal.code()).isEqualTo(ProblemCode.INVALID);
            }
        }
    }
}
