package dev.holdfast.sync.server;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Whom a TLS connection trusts.
 *
 * @param context null for the platform's own authorities
 */
public record ServerTrust(@Nullable SSLContext context) {
    /** Trusts the platform's authorities. */
    public static ServerTrust platform() {
        return new ServerTrust(null);
    }

    /** Trusts the certificates of a PEM file and no others. */
    public static ServerTrust of(Path pem) throws IOException {
        try (InputStream in = Files.newInputStream(pem)) {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            int count = 0;
            for (Certificate certificate :
                    CertificateFactory.getInstance("X.509").generateCertificates(in)) {
                store.setCertificateEntry("ca-" + count++, certificate);
            }
            if (count == 0) {
                throw new IOException(pem + " holds no PEM certificates");
            }
            TrustManagerFactory factory =
                    TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            factory.init(store);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, factory.getTrustManagers(), null);
            return new ServerTrust(context);
        } catch (GeneralSecurityException e) {
            throw new IOException(pem + " holds no readable PEM certificates", e);
        }
    }
}
