package dev.holdfast.chunkstore;

import dev.holdfast.model.Sha256;
import java.net.URI;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.security.auth.Subject;
import javax.security.auth.kerberos.KerberosTicket;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * A process that stores and reads chunks on a cluster with Kerberos for longer than its first
 * ticket is good. Arguments: the cluster's address, how many tickets it must have seen. The
 * identity comes from the environment, as it does for the server.
 */
final class KerberosClient {
    private static final long GIVE_UP_NANOS = 120_000_000_000L;

    private KerberosClient() {}

    public static void main(String[] arguments) throws Exception {
        URI uri = URI.create(arguments[0]);
        int wanted = Integer.parseInt(arguments[1]);
        Configuration site = HdfsSite.load(Map.copyOf(System.getenv()));
        MemoryChunkRows rows = new MemoryChunkRows();
        Chunks chunks = Chunks.of(83);
        ChunkStoreConfig config = ChunkStoreConfig.forEmbedded(1).withPackBytesMax(1 << 20);
        Set<Sha256> seen = new HashSet<>();
        CountDownLatch pause = new CountDownLatch(1);
        long start = System.nanoTime();
        try (ChunkStore store = ChunkStore.open(uri, site, rows, config)) {
            System.out.println("opened as " + UserGroupInformation.getLoginUser());
            while (seen.size() < wanted) {
                byte[] bytes = chunks.incompressible(300_000);
                Sha256 hash = Sha256.hash(bytes);
                store.append(chunks.content(), hash, bytes).get(30, TimeUnit.SECONDS);
                if (!Arrays.equals(store.read(hash, rows.location(hash)), bytes)) {
                    throw new AssertionError("other bytes");
                }
                // A second connection has to sign in by itself.
                ChunkStore.open(uri, site, new MemoryChunkRows(), config).close();
                seen.addAll(tickets());
                if (System.nanoTime() - start > GIVE_UP_NANOS) {
                    throw new AssertionError("only these tickets came: " + seen.size());
                }
                pause.await(700, TimeUnit.MILLISECONDS);
            }
        }
        System.out.println("done " + seen.size());
    }

    private static Set<Sha256> tickets() throws Exception {
        Set<Sha256> seen = new HashSet<>();
        UserGroupInformation.getLoginUser()
                .doAs(
                        (java.security.PrivilegedAction<Void>)
                                () -> {
                                    Subject subject = Subject.current();
                                    for (KerberosTicket ticket :
                                            subject.getPrivateCredentials(KerberosTicket.class)) {
                                        if (ticket.getServer().getName().startsWith("krbtgt/")) {
                                            seen.add(Sha256.hash(ticket.getEncoded()));
                                        }
                                    }
                                    return null;
                                });
        return seen;
    }
}
