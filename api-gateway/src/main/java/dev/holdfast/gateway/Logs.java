package dev.holdfast.gateway;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.rolling.FixedWindowRollingPolicy;
import ch.qos.logback.core.rolling.RollingFileAppender;
import ch.qos.logback.core.rolling.SizeBasedTriggeringPolicy;
import ch.qos.logback.core.spi.FilterReply;
import ch.qos.logback.core.util.FileSize;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/**
 * Where log lines go: warnings to stderr, in one line each; everything from info on to a file that
 * is rotated, one JSON object a line; one line a request to a file of its own. Engines below are
 * quiet unless they fail.
 */
public final class Logs {
    private static final String OURS = "dev.holdfast";
    private static final String LINE =
            "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %-5level %logger{1} %msg%n";
    private static final long FILE_BYTES_MAX = 10L << 20;
    private static final int FILES_MAX = 5;

    private static final List<String> QUIET =
            List.of(
                    "org.apache.hadoop",
                    "com.apple.foundationdb",
                    "io.helidon",
                    "org.eclipse.jetty",
                    "org.rocksdb",
                    "BlockStateChange");

    private Logs() {}

    /** Sends log lines to files in the directory from now on. */
    public static void start(Path directory, boolean debug) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.INFO);
        root.addAppender(console(context, debug));
        root.addAppender(file(context, directory, "holdfast", true));
        for (String name : QUIET) {
            context.getLogger(name).setLevel(Level.WARN);
        }
        context.getLogger(OURS).setLevel(debug ? Level.DEBUG : Level.INFO);
        Logger access = context.getLogger(OURS + ".access");
        access.setLevel(Level.INFO);
        access.setAdditive(false);
        access.addAppender(file(context, directory, "access", false));
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
    }

    private static ConsoleAppender<ILoggingEvent> console(LoggerContext context, boolean debug) {
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(
                encoder(context, debug ? LINE : "holdfast: %level{lowercase}: %msg%n%nopex"));
        appender.addFilter(new StderrFilter(debug));
        appender.start();
        return appender;
    }

    private static RollingFileAppender<ILoggingEvent> file(
            LoggerContext context, Path directory, String name, boolean flush) {
        RollingFileAppender<ILoggingEvent> appender = new RollingFileAppender<>();
        appender.setContext(context);
        appender.setName(name);
        appender.setFile(directory.resolve(name + ".log").toString());
        JsonLines lines = new JsonLines();
        lines.setContext(context);
        lines.start();
        appender.setEncoder(lines);
        appender.setImmediateFlush(flush);
        FixedWindowRollingPolicy rolling = new FixedWindowRollingPolicy();
        rolling.setContext(context);
        rolling.setParent(appender);
        rolling.setMinIndex(1);
        rolling.setMaxIndex(FILES_MAX);
        rolling.setFileNamePattern(directory.resolve(name + ".%i.log").toString());
        rolling.start();
        SizeBasedTriggeringPolicy<ILoggingEvent> trigger = new SizeBasedTriggeringPolicy<>();
        trigger.setContext(context);
        trigger.setMaxFileSize(new FileSize(FILE_BYTES_MAX));
        trigger.start();
        appender.setRollingPolicy(rolling);
        appender.setTriggeringPolicy(trigger);
        appender.start();
        return appender;
    }

    private static PatternLayoutEncoder encoder(LoggerContext context, String pattern) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(pattern);
        encoder.start();
        return encoder;
    }

    /** Warnings of our own code; what the engines say is in the file. */
    private static final class StderrFilter extends Filter<ILoggingEvent> {
        private final boolean debug;

        StderrFilter(boolean debug) {
            this.debug = debug;
        }

        @Override
        public FilterReply decide(ILoggingEvent event) {
            boolean shown = debug || event.getLoggerName().startsWith(OURS);
            return shown && event.getLevel().isGreaterOrEqual(Level.WARN)
                    ? FilterReply.NEUTRAL
                    : FilterReply.DENY;
        }
    }
}
