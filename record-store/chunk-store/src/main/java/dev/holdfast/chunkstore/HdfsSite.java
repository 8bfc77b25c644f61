package dev.holdfast.chunkstore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.hdfs.HdfsConfiguration;
import org.apache.hadoop.security.SecurityUtil;
import org.apache.hadoop.security.UserGroupInformation;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a cluster's operator says about it: its site files, and who signs in.
 *
 * <p>The directory named by {@code HOLDFAST_HDFS_CONF}, else by {@code HADOOP_CONF_DIR}, holds
 * {@code core-site.xml} and {@code hdfs-site.xml}: name services, failover, encryption, security.
 * Without either variable the address of the NameNode is all there is. On a cluster with Kerberos
 * {@code HOLDFAST_HDFS_PRINCIPAL} and {@code HOLDFAST_HDFS_KEYTAB} name the identity; without them
 * the ticket cache of the process's user is used, and somebody else has to renew it.
 */
public final class HdfsSite {
    static final String CONF_VARIABLE = "HOLDFAST_HDFS_CONF";
    static final String HADOOP_CONF_VARIABLE = "HADOOP_CONF_DIR";
    static final String PRINCIPAL_VARIABLE = "HOLDFAST_HDFS_PRINCIPAL";
    static final String KEYTAB_VARIABLE = "HOLDFAST_HDFS_KEYTAB";
    static final String PRINCIPAL_KEY = "holdfast.kerberos.principal";
    static final String KEYTAB_KEY = "holdfast.kerberos.keytab";

    private static final Logger log = LoggerFactory.getLogger(HdfsSite.class);
    private static final List<String> FILES = List.of("core-site.xml", "hdfs-site.xml");
    private static final String AUTHENTICATION_KEY = "hadoop.security.authentication";
    private static final String RENEWAL_KEY = "hadoop.kerberos.keytab.login.autorenewal.enabled";

    private HdfsSite() {}

    /**
     * The cluster's configuration, as the environment names it.
     *
     * @throws StorageUnsuitableException when a directory or file that is named cannot be used
     */
    public static Configuration load(Map<String, String> environment) {
        Configuration site = new HdfsConfiguration();
        String variable =
                environment.containsKey(CONF_VARIABLE) ? CONF_VARIABLE : HADOOP_CONF_VARIABLE;
        String directory = environment.get(variable);
        if (directory != null && !directory.isBlank()) {
            read(site, variable, Path.of(directory));
        }
        copy(environment, PRINCIPAL_VARIABLE, site, PRINCIPAL_KEY);
        copy(environment, KEYTAB_VARIABLE, site, KEYTAB_KEY);
        return site;
    }

    private static void copy(
            Map<String, String> environment, String variable, Configuration to, String key) {
        String value = environment.get(variable);
        if (value != null && !value.isBlank()) {
            to.set(key, value);
        }
    }

    private static void read(Configuration site, String variable, Path directory) {
        int found = 0;
        for (String name : FILES) {
            Path file = directory.resolve(name);
            if (!Files.exists(file)) {
                continue;
            }
            if (!Files.isReadable(file)) {
                throw unsuitable(file + " cannot be read by this user", null);
            }
            site.addResource(new org.apache.hadoop.fs.Path(file.toUri()));
            try {
                // Parses it now, so that what is wrong with it is said here.
                site.size();
            } catch (RuntimeException e) {
                throw unsuitable(file + " is not a Hadoop configuration: " + e.getMessage(), e);
            }
            found++;
        }
        if (found == 0) {
            throw unsuitable(
                    variable
                            + " names "
                            + directory
                            + ", which has neither core-site.xml nor hdfs-site.xml: correct it, or"
                            + " unset it to use the address alone",
                    null);
        }
    }

    /**
     * Signs this process in where the cluster asks for Kerberos; does nothing elsewhere. Tickets of
     * a keytab are renewed before they run out for as long as the process lives, and again when a
     * server refuses one.
     */
    static void signIn(Configuration site) {
        @Nullable String principal = site.getTrimmed(PRINCIPAL_KEY);
        @Nullable String keytab = site.getTrimmed(KEYTAB_KEY);
        boolean kerberos = "kerberos".equalsIgnoreCase(site.getTrimmed(AUTHENTICATION_KEY));
        if ((principal == null) != (keytab == null)) {
            throw unsuitable(PRINCIPAL_VARIABLE + " and " + KEYTAB_VARIABLE + " go together", null);
        }
        if (!kerberos) {
            if (principal != null) {
                throw unsuitable(
                        "a Kerberos identity is given, but the cluster's configuration does not ask"
                                + " for Kerberos ("
                                + AUTHENTICATION_KEY
                                + " in core-site.xml): name its directory in "
                                + CONF_VARIABLE,
                        null);
            }
            return;
        }
        if (keytab != null && !Files.isReadable(Path.of(keytab))) {
            throw unsuitable(
                    "the keytab " + keytab + " does not exist or cannot be read by this user",
                    null);
        }
        try {
            if (principal == null || keytab == null) {
                UserGroupInformation.setConfiguration(site);
                requireTicket();
            } else {
                signIn(site, principal, Path.of(keytab));
            }
        } catch (IOException e) {
            throw unsuitable(
                    "signing in to Kerberos as "
                            + (principal == null ? "the current user" : principal)
                            + " failed: "
                            + innermost(e),
                    e);
        }
    }

    private static void requireTicket() throws IOException {
        if (!UserGroupInformation.getCurrentUser().hasKerberosCredentials()) {
            throw unsuitable(
                    "the cluster asks for Kerberos and this process has no ticket: set "
                            + PRINCIPAL_VARIABLE
                            + " and "
                            + KEYTAB_VARIABLE
                            + ", or run kinit first",
                    null);
        }
        log.warn(
                "the Kerberos ticket of the current user is used; it has to be renewed from"
                        + " outside, which a keytab would save");
    }

    private static synchronized void signIn(Configuration site, String principal, Path keytab)
            throws IOException {
        Configuration renewing = new Configuration(site);
        renewing.setBoolean(RENEWAL_KEY, true);
        UserGroupInformation.setConfiguration(renewing);
        String name = SecurityUtil.getServerPrincipal(principal, "0.0.0.0");
        if (UserGroupInformation.isLoginKeytabBased()
                && UserGroupInformation.getLoginUser().getUserName().equals(name)) {
            // Another connection of this process has done it, and its tickets are being renewed.
            return;
        }
        UserGroupInformation.loginUserFromKeytab(name, keytab.toString());
        log.info("signed in to Kerberos as {}", name);
    }

    /** Kerberos wraps what it has to say in several layers that say less. */
    private static @Nullable String innermost(Throwable failure) {
        Throwable at = failure;
        for (Throwable cause = at.getCause(); cause != null; cause = at.getCause()) {
            at = cause;
        }
        return at.getMessage();
    }

    private static StorageUnsuitableException unsuitable(
            String message, @Nullable Throwable cause) {
        return new StorageUnsuitableException(message, cause);
    }
}
