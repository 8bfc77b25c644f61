package dev.holdfast.metadata;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import dev.holdfast.model.AccountId;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.DeviceId;
import dev.holdfast.model.Id128;
import dev.holdfast.model.NamespaceId;
import dev.holdfast.model.NodeId;
import dev.holdfast.model.PackId;
import dev.holdfast.model.Sha256;
import dev.holdfast.model.UploadId;

/** Ids and hashes as the fields of records hold them. */
final class Bytes {
    private Bytes() {}

    static ByteString of(Id128 id) {
        return UnsafeByteOperations.unsafeWrap(id.toBytes());
    }

    static ByteString of(NodeId node) {
        return of(node.id());
    }

    static ByteString of(NamespaceId namespace) {
        return of(namespace.id());
    }

    static ByteString of(AccountId account) {
        return of(account.id());
    }

    static ByteString of(DeviceId device) {
        return of(device.id());
    }

    static ByteString of(ContentId content) {
        return of(content.id());
    }

    static ByteString of(UploadId upload) {
        return of(upload.id());
    }

    static ByteString of(PackId pack) {
        return of(pack.id());
    }

    static ByteString of(Sha256 hash) {
        return UnsafeByteOperations.unsafeWrap(hash.toBytes());
    }

    static Id128 id(ByteString bytes) {
        return Id128.of(bytes.toByteArray());
    }

    static NodeId node(ByteString bytes) {
        return NodeId.of(bytes.toByteArray());
    }

    static NamespaceId namespace(ByteString bytes) {
        return NamespaceId.of(bytes.toByteArray());
    }

    static AccountId account(ByteString bytes) {
        return AccountId.of(bytes.toByteArray());
    }

    static DeviceId device(ByteString bytes) {
        return DeviceId.of(bytes.toByteArray());
    }

    static ContentId content(ByteString bytes) {
        return ContentId.of(bytes.toByteArray());
    }

    static UploadId upload(ByteString bytes) {
        return UploadId.of(bytes.toByteArray());
    }

    static PackId pack(ByteString bytes) {
        return PackId.of(bytes.toByteArray());
    }

    static Sha256 hash(ByteString bytes) {
        return Sha256.read(bytes.asReadOnlyByteBuffer());
    }
}
