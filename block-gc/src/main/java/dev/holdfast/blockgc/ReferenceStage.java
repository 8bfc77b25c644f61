package dev.holdfast.blockgc;

import dev.holdfast.metadata.GarbageRows;
import dev.holdfast.metadata.WorkLease;
import dev.holdfast.model.ContentId;
import dev.holdfast.model.UploadId;
import java.util.List;

/** T5: uploads whose lease ran out, and the references of doomed contents. */
final class ReferenceStage {
    static final String UPLOADS = "uploads";
    static final String CONTENTS = "contents";
    private static final int LIST_MAX = 1_000;

    private final GarbageRows rows;

    ReferenceStage(GarbageRows rows) {
        this.rows = rows;
    }

    void run(RunContext run) {
        run.share(UPLOADS, this::expireUploads);
        run.share(CONTENTS, this::releaseContents);
    }

    private void expireUploads(RunContext run, WorkLease lease) {
        long cutOff = run.nowMillis();
        List<UploadId> page;
        do {
            page = rows.expiredUploads(cutOff, LIST_MAX);
            listed(run, page.size());
            for (UploadId upload : page) {
                boolean done;
                do {
                    run.goOn();
                    done = run.rows(any -> 1, () -> rows.expireUpload(lease, upload, cutOff));
                } while (!done);
                run.record().done(1, 0);
                run.add("uploads_expired", 1);
                run.trace(
                        new Trace(
                                "expired",
                                "upload " + upload,
                                0,
                                "its lease ran out",
                                run.nowMillis()));
            }
        } while (page.size() == LIST_MAX);
    }

    /** How long it takes can be told only once the list is seen to its end. */
    private static void listed(RunContext run, int size) {
        run.record().left(size < LIST_MAX ? size : 0, 0);
    }

    private void releaseContents(RunContext run, WorkLease lease) {
        long cutOff = run.nowMillis();
        List<ContentId> page;
        do {
            page = rows.doomedContents(cutOff, LIST_MAX);
            listed(run, page.size());
            for (ContentId content : page) {
                GarbageRows.Released step;
                do {
                    run.goOn();
                    step =
                            run.rows(
                                    GarbageRows.Released::references,
                                    () -> rows.release(lease, content));
                    run.add("references_released", step.references());
                    run.add("candidates_added", step.candidates());
                } while (!step.finished());
                run.record().done(1, 0);
                run.add("contents_released", 1);
            }
        } while (page.size() == LIST_MAX);
    }

    void plan(long cutOff, PlanSink sink) {
        List<UploadId> uploads = rows.expiredUploads(cutOff, PlanSink.LIST_MAX);
        for (UploadId upload : uploads) {
            sink.line(PlanLine.Action.EXPIRE, "upload " + upload, 0, "its lease ran out");
        }
        sink.andMore(PlanLine.Action.EXPIRE, "uploads", uploads.size());
        List<ContentId> contents = rows.doomedContents(cutOff, PlanSink.LIST_MAX);
        for (ContentId content : contents) {
            sink.line(
                    PlanLine.Action.RELEASE,
                    "content " + content,
                    0,
                    "no file and no upload has it any more");
        }
        sink.andMore(PlanLine.Action.RELEASE, "contents", contents.size());
    }
}
