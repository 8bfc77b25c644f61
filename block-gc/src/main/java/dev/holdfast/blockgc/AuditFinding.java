package dev.holdfast.blockgc;

import com.fasterxml.jackson.core.JsonProcessingException;
import dev.holdfast.model.wire.WireJson;
import java.util.Locale;

/**
 * One thing that an audit found wrong.
 *
 * @param what kind of fault, one word for scripts
 * @param subject the thing, by kind and id
 * @param detail what does not agree
 * @param advice what to do
 */
public record AuditFinding(
        Severity severity, String what, String subject, String detail, String advice) {
    /** How bad it is. */
    public enum Severity {
        /** Something that is referenced is missing, or may go missing. */
        ERROR,
        /** Space is taken that nothing gives back. */
        WARNING
    }

    /** As one line. */
    String json() {
        try {
            return WireJson.mapper()
                    .writeValueAsString(
                            new Line(
                                    severity.name().toLowerCase(Locale.ROOT),
                                    what,
                                    subject,
                                    detail,
                                    advice));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a finding cannot be written as JSON", e);
        }
    }

    private record Line(
            String severity, String what, String subject, String detail, String advice) {}
}
