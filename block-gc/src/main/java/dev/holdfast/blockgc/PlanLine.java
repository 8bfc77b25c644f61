package dev.holdfast.blockgc;

/**
 * One thing a run would do, or leave.
 *
 * @param action what would become of it
 * @param subject the thing, by kind and id
 * @param bytes it takes; 0 where that is not known yet
 * @param why the rule that decides, or what holds it
 */
public record PlanLine(Action action, String subject, long bytes, String why) {
    /** What would become of a thing. */
    public enum Action {
        /** An upload or version ends; what only it needed becomes a candidate. */
        EXPIRE,
        /** References go. */
        RELEASE,
        /** A chunk begins its grace. */
        CONDEMN,
        /** A chunk's row goes; its bytes are dead from then on. */
        DROP,
        /** What lives in a pack is written to another one. */
        REWRITE,
        /** A pack without chunks begins its grace. */
        TRASH,
        /** A pack's file is deleted: only this frees space. */
        DELETE,
        /** It stays for now. */
        RETAIN
    }
}
