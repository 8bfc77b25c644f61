package dev.holdfast.gateway.http;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** Speaks HTTP/2 without TLS frame by frame, so that a test can stop between any two. */
final class RawStreams implements AutoCloseable {
    static final int DATA = 0;
    static final int HEADERS = 1;
    static final int RST_STREAM = 3;
    static final int SETTINGS = 4;
    static final int WINDOW_UPDATE = 8;
    static final int END_STREAM = 1;
    static final int END_HEADERS = 4;

    private static final int ACK = 1;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int TIMEOUT_MILLIS = 20_000;

    /** Entries of the static table. */
    private static final int POST = 0x83;

    private static final int GET = 0x82;
    private static final int SCHEME_HTTP = 0x86;
    private static final int AUTHORITY_IS = 0x01;
    private static final int PATH_IS = 0x04;

    private final Socket socket;
    private final DataOutputStream out;
    private final DataInputStream in;

    /** One frame as it came. */
    record Received(int type, int flags, int stream, int length, int firstByte) {
        /** Of the status of a HEADERS frame, the entry for 200. */
        boolean isOk() {
            return type == HEADERS && firstByte == 0x88;
        }
    }

    RawStreams(int port, int window) throws IOException {
        socket = new Socket(InetAddress.getLoopbackAddress(), port);
        socket.setSoTimeout(TIMEOUT_MILLIS);
        out = new DataOutputStream(socket.getOutputStream());
        in = new DataInputStream(socket.getInputStream());
        out.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        ByteArrayOutputStream settings = new ByteArrayOutputStream();
        DataOutputStream entry = new DataOutputStream(settings);
        entry.writeShort(INITIAL_WINDOW_SIZE);
        entry.writeInt(window);
        frame(SETTINGS, 0, 0, settings.toByteArray());
    }

    void frame(int type, int flags, int stream, byte[] payload) throws IOException {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        DataOutputStream data = new DataOutputStream(frame);
        data.writeByte(payload.length >>> 16);
        data.writeShort(payload.length & 0xffff);
        data.writeByte(type);
        data.writeByte(flags);
        data.writeInt(stream);
        data.write(payload);
        out.write(frame.toByteArray());
        out.flush();
    }

    void get(int stream, String path) throws IOException {
        frame(HEADERS, END_HEADERS | END_STREAM, stream, head(GET, path));
    }

    /** Begins a request whose body, of unknown length, is to follow. */
    void post(int stream, String path) throws IOException {
        frame(HEADERS, END_HEADERS, stream, head(POST, path));
    }

    void data(int stream, String text, boolean last) throws IOException {
        frame(DATA, last ? END_STREAM : 0, stream, text.getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] head(int method, String path) {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        head.write(method);
        head.write(SCHEME_HTTP);
        literal(head, PATH_IS, path);
        literal(head, AUTHORITY_IS, "x");
        return head.toByteArray();
    }

    private static void literal(ByteArrayOutputStream head, int name, String value) {
        head.write(name);
        head.write(value.length());
        head.writeBytes(value.getBytes(StandardCharsets.US_ASCII));
    }

    /** The next frame of a stream; what is said about the connection is taken on the way. */
    Received receive(int stream) throws IOException {
        while (true) {
            int length = in.readUnsignedByte() << 16 | in.readUnsignedShort();
            int type = in.readUnsignedByte();
            int flags = in.readUnsignedByte();
            int of = in.readInt();
            byte[] payload = in.readNBytes(length);
            if (type == SETTINGS && (flags & ACK) == 0) {
                frame(SETTINGS, ACK, 0, new byte[0]);
            }
            if (of == stream && type != WINDOW_UPDATE) {
                return new Received(type, flags, of, length, length > 0 ? payload[0] & 0xff : -1);
            }
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
