package dev.holdfast.embeddedfdb;

import dev.holdfast.embeddedfdb.engine.Engine;
import dev.holdfast.embeddedfdb.engine.Statistics;
import java.util.Locale;

/**
 * The cluster's status as {@code \xff\xff/status/json} tells it, reduced to what is true of a
 * single process: it is there, it holds one copy, and so much has been done.
 */
final class StatusReport {
    private StatusReport() {}

    static String json(Engine engine) {
        Statistics statistics = engine.statistics();
        boolean available = !engine.isClosed();
        boolean writable = engine.isWritable();
        // The root locale's digits, for others have their own.
        return String.format(
                Locale.ROOT,
                """
                {"client":{"database_status":{"available":%b,"healthy":%b},\
                "cluster_file":{"path":%s,"up_to_date":true}},\
                "cluster":{"database_available":%b,"database_lock_state":{"locked":false},\
                "full_replication":true,"processes":{},"machines":{},\
                "configuration":{"redundancy_mode":"single","storage_engine":"holdfast-embedded",\
                "logs":1,"resolvers":1,"commit_proxies":1,"grv_proxies":1,"usable_regions":1},\
                "data":{"state":{"healthy":%b,"name":"%s"},"total_kv_size_bytes":%d},\
                "workload":{"transactions":{"started":{"counter":%d},"committed":{"counter":%d},\
                "conflicted":{"counter":%d}},"bytes":{"written":{"counter":%d}}}}}\
                """,
                available,
                available && writable,
                quoted(engine.place()),
                available,
                writable,
                writable ? "healthy" : "read_only",
                engine.storedBytes(),
                statistics.readVersions(),
                statistics.commits(),
                statistics.conflicts(),
                statistics.writtenBytes());
    }

    private static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (int i = 0; i < text.length(); i++) {
            char letter = text.charAt(i);
            if (letter == '"' || letter == '\\') {
                quoted.append('\\').append(letter);
            } else if (letter < ' ') {
                quoted.append(String.format(Locale.ROOT, "\\u%04x", (int) letter));
            } else {
                quoted.append(letter);
            }
        }
        return quoted.append('"').toString();
    }
}
