package dev.holdfast.metadata;

/**
 * The right to do one piece of background work. Every transaction of the work shows it and aborts
 * when somebody else has taken the work over: the token, never the clock, keeps zombies out.
 *
 * @param work name of the work; one holder each
 * @param holder names one run of one process; never used for two
 * @param token another one each time the lease is taken
 */
public record WorkLease(String work, String holder, long token) {}
