package dev.holdfast.metadata;

/**
 * What time does to a cell: retention of versions, of the trash and of the changelog, and the jobs
 * that take many transactions. A worker calls it now and then; several may at once. Driven by
 * indexes: what is not due is not read.
 */
public interface Upkeep {
    /**
     * Takes steps of jobs that are due; answers how many it took, 0 when there is nothing to do.
     */
    int runJobs(int stepsMax);

    /**
     * Drops versions, trash and changes that the policies of their namespaces do not keep, at most
     * this many transactions of each kind and namespace. Answers how many had something to do.
     */
    int retain(int stepsMax);

    /**
     * Drops old versions and trash of all namespaces whatever their policies keep, because an
     * operator said so; otherwise like {@link #retain}.
     */
    int expireAll(int stepsMax);

    /**
     * What policies and upload leases keep now, and what of it is due; changes nothing. Reads what
     * is in the trash, superseded or being uploaded, and nothing that is alive.
     *
     * @param all whatever the policies keep counts as due, as for {@link #expireAll}
     * @param rowsMax read of each kind at most; the survey says when there was more
     */
    PolicySurvey survey(boolean all, int rowsMax);

    /**
     * Says that the cell was restored from a backup or copied to another database: cursors handed
     * out before answer {@code cursor-reset}, and no rewind goes back beyond this moment. To be
     * called once, before anything is served; answers the new incarnation.
     */
    int raiseIncarnation();
}
