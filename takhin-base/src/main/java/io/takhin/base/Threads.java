package io.takhin.base;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only place where threads are made, so that each has a name that says what it does and none
 * dies unseen.
 */
public final class Threads {
    private static final Logger log = LoggerFactory.getLogger(Threads.class);

    private Threads() {}

    /** Starts a platform thread that does not keep the process alive. */
    public static Thread start(String name, Runnable body) {
        Thread thread = factory(name).newThread(body);
        thread.start();
        return thread;
    }

    /** Starts a virtual thread: for work that mostly waits. */
    public static Thread startVirtual(String name, Runnable body) {
        return Thread.ofVirtual().name(name).uncaughtExceptionHandler(Threads::report).start(body);
    }

    /** One virtual thread a task, all under the same name. */
    public static ExecutorService virtualExecutor(String name) {
        return Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name(name).uncaughtExceptionHandler(Threads::report).factory());
    }

    /** Platform threads that all carry the same name; for libraries that want a factory. */
    public static ThreadFactory factory(String name) {
        return Thread.ofPlatform()
                .daemon(true)
                .name(name)
                .uncaughtExceptionHandler(Threads::report)
                .factory();
    }

    /** Waits for a thread's end. An interrupt meanwhile is kept for later. */
    public static void joinUninterruptibly(Thread thread) {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void report(Thread thread, Throwable error) {
        log.error("thread {} ended by an error", thread.getName(), error);
    }
}
