package dev.holdfast.chunkstore;

import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.apache.hadoop.minikdc.MiniKdc;
import org.apache.hadoop.security.UserGroupInformation;

/**
 * A process with a key distribution centre and an HDFS that trusts it, until its standard input
 * ends. Argument: a directory, in which it leaves {@code krb5.conf}, {@code client.keytab} and
 * {@code conf}; then it prints {@code ready URI}. Who signs in is a matter of a whole process:
 * hence one for the servers and another for {@link KerberosClient}.
 */
final class KerberosCluster {
    static final String PRINCIPAL = "holdfast/localhost@EXAMPLE.COM";
    private static final String SERVER = "hdfs/localhost@EXAMPLE.COM";
    private static final String WEB = "HTTP/localhost@EXAMPLE.COM";

    private KerberosCluster() {}

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        Properties properties = MiniKdc.createConf();
        properties.setProperty(MiniKdc.MAX_TICKET_LIFETIME, "8");
        properties.setProperty(MiniKdc.MIN_TICKET_LIFETIME, "1");
        MiniKdc kdc =
                new MiniKdc(properties, Files.createDirectory(directory.resolve("kdc")).toFile());
        kdc.start();
        Path server = directory.resolve("server.keytab");
        kdc.createPrincipal(server.toFile(), "hdfs/localhost", "HTTP/localhost");
        kdc.createPrincipal(directory.resolve("client.keytab").toFile(), "holdfast/localhost");
        Files.copy(kdc.getKrb5conf().toPath(), directory.resolve("krb5.conf"));
        Configuration conf = secured(directory, server);
        UserGroupInformation.setConfiguration(conf);
        UserGroupInformation.loginUserFromKeytab(SERVER, server.toString());
        MiniDFSCluster cluster =
                new MiniDFSCluster.Builder(conf)
                        .numDataNodes(1)
                        .checkDataNodeHostConfig(true)
                        .build();
        cluster.waitActive();
        org.apache.hadoop.fs.Path home = new org.apache.hadoop.fs.Path("/holdfast");
        cluster.getFileSystem().mkdirs(home);
        cluster.getFileSystem().setOwner(home, "holdfast", null);
        Path site = Files.createDirectory(directory.resolve("conf"));
        try (OutputStream out = Files.newOutputStream(site.resolve("core-site.xml"))) {
            client().writeXml(out);
        }
        System.out.println("ready " + cluster.getURI());
        // Ends with the test, whichever way the test ends.
        while (System.in.read() >= 0) {
            Thread.onSpinWait();
        }
        cluster.shutdown(true);
        kdc.stop();
    }

    private static Configuration client() {
        Configuration conf = new Configuration(false);
        conf.set("hadoop.security.authentication", "kerberos");
        conf.set("dfs.namenode.kerberos.principal", SERVER);
        conf.set("dfs.data.transfer.protection", "authentication");
        conf.set("hadoop.kerberos.min.seconds.before.relogin", "1");
        // Every call after a pause signs in anew, as after a restart of the NameNode.
        conf.set("ipc.client.connection.maxidletime", "500");
        return conf;
    }

    private static Configuration secured(Path directory, Path keytab) {
        Configuration conf = new HdfsConfiguration();
        client().forEach(entry -> conf.set(entry.getKey(), entry.getValue()));
        conf.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, directory.resolve("hdfs").toString());
        for (String role : new String[] {"namenode", "datanode"}) {
            conf.set("dfs." + role + ".kerberos.principal", SERVER);
            conf.set("dfs." + role + ".keytab.file", keytab.toString());
        }
        conf.set("dfs.web.authentication.kerberos.principal", WEB);
        conf.set("dfs.web.authentication.kerberos.keytab", keytab.toString());
        conf.setBoolean("dfs.block.access.token.enable", true);
        conf.setBoolean("ignore.secure.ports.for.testing", true);
        conf.setBoolean("hadoop.kerberos.keytab.login.autorenewal.enabled", true);
        return conf;
    }
}
