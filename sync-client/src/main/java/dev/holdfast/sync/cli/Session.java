package dev.holdfast.sync.cli;

import dev.holdfast.sync.disk.FolderDisk;
import dev.holdfast.sync.engine.Context;
import dev.holdfast.sync.engine.Engine;
import dev.holdfast.sync.engine.Progress;
import dev.holdfast.sync.engine.ThreadWorkers;
import dev.holdfast.sync.server.HttpSyncServer;
import dev.holdfast.sync.server.ServerTrust;
import dev.holdfast.sync.store.SqliteStore;
import dev.holdfast.sync.tree.TreeChanges;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Everything a running client holds open, in the order in which it has to be closed. */
final class Session implements AutoCloseable {
    private static final String DATABASE = "state.db";

    /** More operations than this in a millisecond are not to be had from any server. */
    private static final int SEQUENCES_A_MILLI_BITS = 10;

    private final LinkConfig config;
    private final FolderLock lock;
    private final FolderDisk disk;
    private final SqliteStore store;
    private final HttpSyncServer server;
    private final RotatingLog log;
    private final Progress progress;
    private final Engine engine;

    private Session(
            LinkConfig config,
            FolderLock lock,
            FolderDisk disk,
            SqliteStore store,
            HttpSyncServer server,
            RotatingLog log,
            @Nullable Integer maxDeletes)
            throws IOException {
        this.log = log;
        this.progress = new Progress(log::write);
        this.config = config;
        this.lock = lock;
        this.disk = disk;
        this.store = store;
        this.server = server;
        InstantSource clock = InstantSource.system();
        this.engine =
                new Engine(
                        new Context(
                                config.namespace(),
                                disk,
                                server,
                                store,
                                new ThreadWorkers(),
                                clock,
                                new SecureRandom(),
                                IgnoreFile.load(
                                        Path.of(config.folder()), config.deviceName(), clock),
                                progress),
                        maxDeletes);
    }

    static Session open(Path state, @Nullable Integer maxDeletes, Limiter limiter)
            throws CommandException, IOException {
        requireUtf8();
        LinkConfig config = LinkConfig.load(state);
        Token token = Token.load(state);
        Path folder = Path.of(config.folder());
        Path own = folder.resolve(FolderDisk.OWN_FOLDER);
        if (!Files.isDirectory(own)) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "the folder "
                            + folder
                            + " is not there, or not mounted; nothing was changed. Mount it or put"
                            + " it back, or link the new place with `holdfast sync link`");
        }
        FolderLock lock = FolderLock.tryTake(own);
        if (lock == null) {
            throw locked(folder);
        }
        FolderDisk disk = null;
        SqliteStore store = null;
        try {
            disk =
                    new FolderDisk(
                            folder, config.link(), new SecureRandom(), InstantSource.system());
            store = openStore(state, config);
            HttpSyncServer server =
                    new HttpSyncServer(
                            URI.create(config.url()),
                            token.text(),
                            trust(config.caFile()),
                            limiter.up(),
                            limiter.down());
            RotatingLog log = new RotatingLog(state, InstantSource.system());
            return new Session(config, lock, disk, store, server, log, maxDeletes);
        } catch (IOException | RuntimeException e) {
            if (store != null) {
                store.close();
            }
            if (disk != null) {
                disk.close();
            }
            lock.close();
            throw e;
        }
    }

    /**
     * Opens the database. A new one stands for a new link, or for one that was lost: then this
     * device has used sequences that it does not know any more, and goes on far beyond them.
     */
    private static SqliteStore openStore(Path state, LinkConfig config) {
        boolean fresh = !Files.exists(database(state));
        SqliteStore store = SqliteStore.open(database(state));
        if (fresh) {
            store.startAt(System.currentTimeMillis() << SEQUENCES_A_MILLI_BITS);
        }
        if (store.setting(Engine.CELL) == null) {
            store.write(new TreeChanges(), Map.of(Engine.CELL, Optional.of(config.cell())));
        }
        return store;
    }

    static CommandException locked(Path folder) {
        return new CommandException(
                ExitCode.LOCKED,
                "another client is running on "
                        + folder
                        + "; stop it first, or use it: `holdfast sync status` shows what it does");
    }

    static HttpSyncServer connect(LinkConfig config, Token token) throws IOException {
        return new HttpSyncServer(URI.create(config.url()), token.text(), trust(config.caFile()));
    }

    static ServerTrust trust(@Nullable String caFile) throws IOException {
        return caFile == null ? ServerTrust.platform() : ServerTrust.of(Path.of(caFile));
    }

    static Path database(Path state) {
        return state.resolve(DATABASE);
    }

    /** Under another encoding the Java runtime silently turns names into question marks. */
    private static void requireUtf8() throws CommandException {
        String encoding = System.getProperty("sun.jnu.encoding", "");
        if (!encoding.equalsIgnoreCase("UTF-8")) {
            throw new CommandException(
                    ExitCode.FAILED,
                    "file names are read as "
                            + encoding
                            + ", which would spoil names; set LC_ALL=C.UTF-8 and start again");
        }
    }

    LinkConfig config() {
        return config;
    }

    Engine engine() {
        return engine;
    }

    HttpSyncServer server() {
        return server;
    }

    FolderDisk disk() {
        return disk;
    }

    RotatingLog log() {
        return log;
    }

    Progress progress() {
        return progress;
    }

    @Override
    public void close() throws IOException {
        server.close();
        store.close();
        disk.close();
        lock.close();
        log.close();
    }
}
