package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static dev.holdfast.metadata.TestCell.refused;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.ProblemCode;
import dev.holdfast.model.wire.ChunkRef;
import dev.holdfast.model.wire.NamespaceCreation;
import dev.holdfast.model.wire.RoleName;
import dev.holdfast.model.wire.WantedChunks;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Whom the server asks for a chunk that it has lost, and who learns nothing of it. */
class WantedTest {
    private final TestCell cell = new TestCell(91);
    private final CollectionStore collection = cell.collection();
    private final RepairStore repair = new RepairStore(cell.records, cell.config);
    private final TestDevice ada = cell.account("ada");
    private final TestDevice bob = cell.account("bob");

    @AfterEach
    void close() {
        cell.close();
    }

    private ChunkLocation at(ChunkRef chunk) {
        return collection.packs().rows(List.of(chunk.hash())).getFirst().location();
    }

    private ChunkRef lose(String text) {
        ChunkRef chunk = TestCell.chunk(text);
        assertThat(collection.losses().lose(chunk.hash(), at(chunk))).isTrue();
        return chunk;
    }

    private Optional<WantedChunks> wanted(TestDevice device, String after) {
        return ok(cell.store.feed().wanted(device.caller, device.ns, after));
    }

    @Test
    void everyNamespaceThatReferencesALostChunkIsAskedAndNoOther() {
        TestDevice eve = cell.account("eve");
        ada.file(ada.root, "one", "shared bytes");
        ada.file(ada.root, "two", "shared bytes");
        bob.file(bob.root, "mine", "shared bytes");
        eve.file(eve.root, "mine", "other bytes");
        ChunkRef lost = lose("shared bytes");
        for (TestDevice device : List.of(ada, bob, ada.sibling("laptop"))) {
            assertThat(wanted(device, "").orElseThrow().chunks()).containsExactly(lost);
        }
        assertThat(wanted(eve, "")).as("bytes that only others store").isEmpty();
        assertThat(refused(cell.store.feed().wanted(eve.caller, ada.ns, "")))
                .isEqualTo(ProblemCode.NOT_FOUND);
    }

    @Test
    void whoMayOnlyReadIsNotAsked() {
        NamespaceId team = NamespaceId.random(cell.random);
        ok(cell.store.namespaces().create(ada.caller, new NamespaceCreation(team, "team")));
        ok(cell.store.namespaces().putMember(ada.caller, team, "bob", RoleName.VIEWER));
        TestDevice adaHere = ada.at(team);
        adaHere.file(adaHere.root, "f", "team bytes");
        lose("team bytes");
        assertThat(wanted(adaHere, "")).isPresent();
        assertThat(wanted(bob.at(team), "")).isEmpty();
        ok(cell.store.namespaces().putMember(ada.caller, team, "bob", RoleName.EDITOR));
        assertThat(wanted(bob.at(team), "")).isPresent();
    }

    @Test
    void theListGoesOnBehindItsCursorAndIsBounded() {
        List<ChunkRef> lost = new ArrayList<>();
        for (int i = 0; i < RecordWanted.PAGE + 5; i++) {
            ada.file(ada.root, "file" + i, "bytes " + i);
            cell.nowMillis.addAndGet(1);
            lost.add(lose("bytes " + i));
        }
        WantedChunks first = wanted(ada, "").orElseThrow();
        assertThat(first.chunks()).isEqualTo(lost.subList(0, RecordWanted.PAGE));
        WantedChunks rest = wanted(ada, first.cursor()).orElseThrow();
        assertThat(rest.chunks()).isEqualTo(lost.subList(RecordWanted.PAGE, lost.size()));
        assertThat(wanted(ada, rest.cursor())).isEmpty();
        cell.nowMillis.addAndGet(1);
        ada.file(ada.root, "later", "later");
        ChunkRef later = lose("later");
        assertThat(wanted(ada, rest.cursor()).orElseThrow().chunks()).containsExactly(later);
        for (String bad :
                List.of("x", "0".repeat(80) + "0", "g".repeat(80), "-" + "0".repeat(79))) {
            assertThat(refused(cell.store.feed().wanted(ada.caller, ada.ns, bad)))
                    .as(bad)
                    .isEqualTo(ProblemCode.INVALID);
        }
    }

    @Test
    void whatCameBackOrIsReferencedNoMoreIsNotAskedForAndIsTidiedUp() {
        ada.file(ada.root, "back", "back");
        bob.file(bob.root, "kept", "kept");
        ChunkRef back = lose("back");
        ChunkRef kept = lose("kept");
        assertThat(collection.losses().found(back.hash(), at(back))).isTrue();
        assertThat(wanted(ada, "").orElseThrow().chunks())
                .as("the cursor goes on all the same")
                .isEmpty();
        repair.rows().tidyWanted(1);
        assertThat(wanted(ada, "")).isEmpty();
        assertThat(wanted(bob, "").orElseThrow().chunks()).containsExactly(kept);
    }

    @Test
    void anUploadOfTheSameBytesEndsTheAsking() {
        ada.file(ada.root, "mine", "bytes");
        lose("bytes");
        bob.file(bob.root, "his", "bytes");
        assertThat(wanted(ada, "").orElseThrow().chunks()).isEmpty();
        repair.rows().tidyWanted(100);
        assertThat(wanted(ada, "")).isEmpty();
    }
}
