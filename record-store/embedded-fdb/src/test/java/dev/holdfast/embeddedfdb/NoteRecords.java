package dev.holdfast.embeddedfdb;

import com.google.protobuf.ByteString;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.DescriptorValidationException;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;

/** A record type for tests, made without generated code: id, name, group, body, score. */
final class NoteRecords {
    static final FileDescriptor FILE = file();
    static final Descriptor NOTE = FILE.findMessageTypeByName("Note");

    private NoteRecords() {}

    static Message note(long id, String name, String group, byte[] body, long score) {
        return DynamicMessage.newBuilder(NOTE)
                .setField(NOTE.findFieldByName("id"), id)
                .setField(NOTE.findFieldByName("name"), name)
                .setField(NOTE.findFieldByName("group"), group)
                .setField(NOTE.findFieldByName("body"), ByteString.copyFrom(body))
                .setField(NOTE.findFieldByName("score"), score)
                .build();
    }

    static Object field(Message note, String name) {
        return note.getField(note.getDescriptorForType().findFieldByName(name));
    }

    private static FieldDescriptorProto field(
            String name, int number, FieldDescriptorProto.Type type) {
        return FieldDescriptorProto.newBuilder()
                .setName(name)
                .setNumber(number)
                .setType(type)
                .setLabel(Label.LABEL_OPTIONAL)
                .build();
    }

    private static FileDescriptor file() {
        DescriptorProto note =
                DescriptorProto.newBuilder()
                        .setName("Note")
                        .addField(field("id", 1, FieldDescriptorProto.Type.TYPE_INT64))
                        .addField(field("name", 2, FieldDescriptorProto.Type.TYPE_STRING))
                        .addField(field("group", 3, FieldDescriptorProto.Type.TYPE_STRING))
                        .addField(field("body", 4, FieldDescriptorProto.Type.TYPE_BYTES))
                        .addField(field("score", 5, FieldDescriptorProto.Type.TYPE_INT64))
                        .build();
        DescriptorProto union =
                DescriptorProto.newBuilder()
                        .setName("RecordTypeUnion")
                        .addField(
                                field("_Note", 1, FieldDescriptorProto.Type.TYPE_MESSAGE)
                                        .toBuilder()
                                        .setTypeName("Note"))
                        .build();
        try {
            return FileDescriptor.buildFrom(
                    FileDescriptorProto.newBuilder()
                            .setName("note.proto")
                            .addMessageType(note)
                            .addMessageType(union)
                            .build(),
                    new FileDescriptor[0]);
        } catch (DescriptorValidationException wrong) {
            throw new IllegalStateException(wrong);
        }
    }
}
