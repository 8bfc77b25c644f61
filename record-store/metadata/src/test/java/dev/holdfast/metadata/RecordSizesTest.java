package dev.holdfast.metadata;

import static dev.holdfast.metadata.TestCell.ok;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.apple.foundationdb.KeyValue;
import com.apple.foundationdb.Range;
import com.apple.foundationdb.record.RecordMetaData;
import com.apple.foundationdb.record.metadata.Index;
import com.apple.foundationdb.tuple.Tuple;
import dev.holdfast.metadata.TestCell.TestDevice;
import dev.holdfast.model.wire.NodeState;
import dev.holdfast.model.wire.OnConflict;
import dev.holdfast.model.wire.Op;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * What a record of each type and an entry of each index take, in a usual namespace of a hundred
 * small files, compared with the tables in docs/data-layout.md.
 */
class RecordSizesTest {
    private static final Path PAGE = Path.of("../../docs/data-layout.md");
    private static final int FILES = 100;
    private static final long RECORDS = 1;
    private static final long INDEXES = 2;
    private static final long METADATA = 1;
    private static final int OFF_BY_PERCENT = 10;

    /** Rows with the bytes of their keys, below the cell's own prefix, and of their values. */
    private record Sum(long rows, long keyBytes, long valueBytes) {
        Sum plus(Sum other) {
            return new Sum(
                    rows + other.rows, keyBytes + other.keyBytes, valueBytes + other.valueBytes);
        }

        long keyBytesEach() {
            return Math.round((double) keyBytes / rows);
        }

        long valueBytesEach() {
            return Math.round((double) valueBytes / rows);
        }
    }

    @Test
    void recordsAndEntriesTakeWhatThePageSays() throws IOException {
        Map<String, Sum> sums;
        try (TestCell cell = new TestCell(63)) {
            fill(cell);
            sums = sums(cell);
        }
        List<String> table = new ArrayList<>();
        sums.forEach((what, sum) ->
                table.add(
                        String.format(
                                Locale.ROOT,
                                "| %s | %d | %d |",
                                what,
                                sum.keyBytesEach(),
                                sum.valueBytesEach())));
        String page = Files.readString(PAGE);
        for (Map.Entry<String, Sum> entry : sums.entrySet()) {
            String row =
                    page.lines()
                            .filter(line -> line.startsWith("| " + entry.getKey() + " | "))
                            .filter(line -> line.matches("\\|[^|]*\\| \\d+ \\| \\d+ \\|"))
                            .findFirst()
                            .orElse("| | 0 | 0 |");
            String[] cells = row.split(" *\\| *", -1);
            String all = "expected:\n" + String.join("\n", table);
            assertThat(Long.parseLong(cells[2]))
                    .as(all)
                    .isCloseTo(entry.getValue().keyBytesEach(), within(8L));
            assertThat(Long.parseLong(cells[3]))
                    .as(all)
                    .isCloseTo(entry.getValue().valueBytesEach(), within(8L + slack(entry)));
        }
    }

    private static long slack(Map.Entry<String, Sum> entry) {
        return entry.getValue().valueBytesEach() * OFF_BY_PERCENT / 100;
    }

    private static void fill(TestCell cell) {
        TestDevice ada = cell.account("ada");
        NodeState folder = ada.folder(ada.root, "a folder");
        Op[] ops = new Op[FILES];
        for (int i = 0; i < FILES; i++) {
            ops[i] =
                    ada.createFile(
                            ada.newNode(),
                            folder.node(),
                            "a usual name " + i + ".txt",
                            ada.content("content " + i),
                            OnConflict.REJECT);
        }
        ada.apply(ops);
        for (int i = 0; i < 10; i++) {
            ada.done(ada.put(((Op.CreateFile) ops[i]).node(), 1, "edited " + i));
        }
        for (int i = 10; i < 20; i++) {
            ada.done(ada.trashFile(ada.stat(((Op.CreateFile) ops[i]).node())));
        }
        ok(cell.store.feed().ack(ada.caller, ada.ns, ada.head()));
    }

    private static Map<String, Sum> sums(TestCell cell) {
        Tuple root = cell.place.root();
        int prefix = root.pack().length;
        List<KeyValue> all =
                cell.engine.read(transaction ->
                        transaction.getRange(Range.startsWith(root.pack())).asList().join());
        Map<String, Sum> sums = new TreeMap<>();
        for (KeyValue row : all) {
            Tuple key = Tuple.fromBytes(row.getKey());
            if (key.size() < root.size() + 3) {
                continue;
            }
            long store = key.getLong(root.size());
            long space = key.getLong(root.size() + 1);
            long which = key.getLong(root.size() + 2);
            if (space != RECORDS && space != INDEXES) {
                continue;
            }
            String what = space == RECORDS ? type(store, which) : index(store, which);
            // The version of a record is a row beside it, and counts with it.
            boolean version = space == RECORDS && isVersion(key);
            Sum one = new Sum(version ? 0 : 1, row.getKey().length - prefix, row.getValue().length);
            sums.merge(what, one, Sum::plus);
        }
        return sums;
    }

    private static boolean isVersion(Tuple key) {
        return key.get(key.size() - 1) instanceof Long suffix && suffix == -1;
    }

    private static String type(long store, long key) {
        for (Schema.Type type : Schema.Type.values()) {
            if (type.key() == key && type.inChunks() == (store != METADATA)) {
                return type.record();
            }
        }
        throw new AssertionError("a record of an unknown type " + key);
    }

    private static String index(long store, long key) {
        RecordMetaData schema = store == METADATA ? Schema.metadata() : Schema.chunks();
        for (Index index : schema.getAllIndexes()) {
            if (index.getSubspaceKey().equals(key)) {
                return "`" + index.getName() + "`";
            }
        }
        throw new AssertionError("an entry of an unknown index " + key);
    }
}
