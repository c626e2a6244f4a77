package io.takhin.broker;

import io.takhin.broker.config.InvalidConfigException;
import io.takhin.broker.config.LoadedConfig;
import io.takhin.metadata.Preload;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The program's entrance: flags, configuration, start, and the exit code. */
public final class Main {
    private static final int SUCCESS = 0;
    private static final int FAILURE = 1;
    private static final int WRONG_USAGE = 2;

    private static final Logger log = LoggerFactory.getLogger(Main.class);

    private final PrintStream out;
    private final PrintStream err;
    private final Map<String, String> environment;
    private final BrokerProcess.Starter starter;

    Main(
            PrintStream out,
            PrintStream err,
            Map<String, String> environment,
            BrokerProcess.Starter starter) {
        this.out = out;
        this.err = err;
        this.environment = environment;
        this.starter = starter;
    }

    /** Runs until the process is told to stop, or the broker cannot go on. */
    public static void main(String[] args) {
        Main main = new Main(System.out, System.err, System.getenv(), Broker::start);
        System.exit(main.run(List.of(args)));
    }

    /** Returns the exit code. */
    int run(List<String> args) {
        return switch (CommandLine.parse(args)) {
            case CommandLine.Version _ -> {
                out.println("Takhin version " + Version.current());
                yield SUCCESS;
            }
            case CommandLine.Help _ -> {
                out.print(CommandLine.USAGE);
                yield SUCCESS;
            }
            case CommandLine.Wrong(String why) -> {
                err.println("takhin: " + why + "; see takhin -help");
                yield WRONG_USAGE;
            }
            case CommandLine.Start start -> serve(start);
        };
    }

    private int serve(CommandLine.Start start) {
        Preload.start();
        StopSignal stop = StopSignal.install();
        try {
            Program program =
                    new Program(LoadedConfig.load(start.config(), environment, start.flags()));
            stop.closes(program::close);
            return serve(program);
        } catch (InvalidConfigException | CannotStartException e) {
            String.valueOf(e.getMessage()).lines().forEach(line -> err.println("takhin: " + line));
            return FAILURE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return FAILURE;
        } finally {
            stop.closeNow();
        }
    }

    private int serve(Program program) throws CannotStartException, InterruptedException {
        program.start(starter);
        Throwable failure = program.failed().join();
        log.error("the broker cannot go on", failure);
        err.println("takhin: " + failure);
        return FAILURE;
    }
}
