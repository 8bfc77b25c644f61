package dev.holdfast.gateway;

import io.helidon.common.tls.Tls;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.X509ExtendedKeyManager;

/**
 * Makes TLS out of a PEM certificate chain and a PEM key in PKCS #8, the forms ACME clients write.
 * Files that were renewed can be taken up while it serves: connections that begin after that get
 * the new certificate, those that exist go on.
 */
public final class PemTls {
    private static final String BEGIN = "-----BEGIN PRIVATE KEY-----";
    private static final String END = "-----END PRIVATE KEY-----";
    private static final List<String> ALGORITHMS = List.of("EC", "RSA", "EdDSA");

    private final Path certificate;
    private final Path key;
    private final RenewableKeys keys;
    private final Tls tls;
    private byte[] taken;

    private PemTls(Path certificate, Path key, byte[] taken, RenewableKeys keys, Tls tls) {
        this.certificate = certificate;
        this.key = key;
        this.taken = taken;
        this.keys = keys;
        this.tls = tls;
    }

    /**
     * Reads the files.
     *
     * @throws StartupException when they do not make a TLS server
     */
    public static PemTls read(Path certificate, Path key) {
        byte[] content = content(certificate, key);
        try {
            RenewableKeys keys = new RenewableKeys(keys(certificate, key));
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(new KeyManager[] {keys}, null, null);
            Tls tls =
                    Tls.builder()
                            .sslContext(context)
                            .applicationProtocols(List.of("h2", "http/1.1"))
                            .build();
            return new PemTls(certificate, key, content, keys, tls);
        } catch (GeneralSecurityException e) {
            throw StartupException.failed(
                    "the certificate and the key do not make a TLS server: " + e.getMessage(), e);
        }
    }

    /** What a listener serves with. */
    public Tls tls() {
        return tls;
    }

    /**
     * Takes up the files when they are others than before, and answers whether they were.
     *
     * @throws StartupException when the new ones do not make a TLS server, as while only one of
     *     them was replaced yet; the old ones stay in use
     */
    public synchronized boolean renew() {
        byte[] content = content(certificate, key);
        if (Arrays.equals(content, taken)) {
            return false;
        }
        keys.use(keys(certificate, key));
        taken = content;
        return true;
    }

    private static byte[] content(Path certificate, Path key) {
        try {
            byte[] first = Files.readAllBytes(certificate);
            byte[] second = Files.readAllBytes(key);
            byte[] both = Arrays.copyOf(first, first.length + second.length);
            System.arraycopy(second, 0, both, first.length, second.length);
            return both;
        } catch (IOException e) {
            throw StartupException.failed(
                    "cannot read the TLS files: "
                            + e.getMessage()
                            + " does not exist or is closed to"
                            + " this user",
                    e);
        }
    }

    private static X509ExtendedKeyManager keys(Path certificate, Path key) {
        try {
            char[] none = new char[0];
            Certificate[] chain = chain(certificate);
            PrivateKey secret = privateKey(key);
            requirePair(chain[0], secret);
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, none);
            store.setKeyEntry("server", secret, none, chain);
            KeyManagerFactory factory =
                    KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
            factory.init(store, none);
            for (KeyManager manager : factory.getKeyManagers()) {
                if (manager instanceof X509ExtendedKeyManager found) {
                    return found;
                }
            }
            throw new GeneralSecurityException("this Java has no key manager for X.509");
        } catch (IOException e) {
            throw StartupException.failed("cannot read the TLS files: " + e.getMessage(), e);
        } catch (GeneralSecurityException e) {
            throw StartupException.failed(
                    "the certificate and the key do not make a TLS server: " + e.getMessage(), e);
        }
    }

    /** A key of another certificate would fail every handshake, long after it was taken up. */
    private static void requirePair(Certificate certificate, PrivateKey key)
            throws GeneralSecurityException {
        String kind = certificate.getPublicKey().getAlgorithm();
        String algorithm =
                switch (kind) {
                    case "EC" -> "SHA256withECDSA";
                    case "RSA" -> "SHA256withRSA";
                    default -> "EdDSA";
                };
        byte[] probe = {1, 2, 3};
        Signature signature = Signature.getInstance(algorithm);
        signature.initSign(key);
        signature.update(probe);
        byte[] signed = signature.sign();
        signature.initVerify(certificate.getPublicKey());
        signature.update(probe);
        if (!signature.verify(signed)) {
            throw new GeneralSecurityException("the key is not the certificate's");
        }
    }

    private static Certificate[] chain(Path file) throws IOException, GeneralSecurityException {
        try (InputStream in = Files.newInputStream(file)) {
            Certificate[] chain =
                    CertificateFactory.getInstance("X.509")
                            .generateCertificates(in)
                            .toArray(Certificate[]::new);
            if (chain.length == 0) {
                throw new GeneralSecurityException(file + " holds no certificate");
            }
            return chain;
        }
    }

    private static PrivateKey privateKey(Path file) throws IOException, GeneralSecurityException {
        String pem = Files.readString(file, StandardCharsets.US_ASCII);
        int begin = pem.indexOf(BEGIN);
        int end = pem.indexOf(END);
        if (begin < 0 || end < begin) {
            throw new GeneralSecurityException(
                    file
                            + " holds no PKCS #8 key ("
                            + BEGIN
                            + "); convert it with openssl pkcs8 -topk8 -nocrypt");
        }
        byte[] der = Base64.getMimeDecoder().decode(pem.substring(begin + BEGIN.length(), end));
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm)
                        .generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (GeneralSecurityException e) {
                // Another kind of key; the next may fit.
            }
        }
        throw new GeneralSecurityException(file + " holds a key of an unknown kind");
    }
}
