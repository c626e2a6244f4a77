package io.takhin.log;

import io.takhin.base.Clock;
import io.takhin.log.Compaction.Outcome;
import io.takhin.log.Compaction.Pace;
import io.takhin.log.checkpoint.CleanerOffsets;
import io.takhin.log.file.ShortageException;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at all logs of a directory for some to compact, and compacts them, the dirtiest first. A
 * log that cannot be compacted is left alone until the next start, one for which there is no space
 * until the next look, and the others go on.
 *
 * <p>Threads: one at a time looks; any may ask for a status.
 */
final class CompactionLook {
    private static final Logger log = LoggerFactory.getLogger(CompactionLook.class);
    private static final Logger outlooks = LoggerFactory.getLogger(RetentionOutlook.class);

    private final LogDirectory directory;
    private final LogCleaner.HighWatermarks highWatermarks;
    private final Clock clock;
    private final Pace pace;
    private final CleanerOffsets offsets;
    private final Map<TopicPartition, Progress> progress = new ConcurrentHashMap<>();

    /**
     * How far one log is.
     *
     * @param of the log: another one may have its name later
     * @param cuts of the log at that time: a log that was cut since may hold other records
     * @param error why it cannot be compacted
     * @param isFinal whether it is left alone for that until the next start
     * @param isConfirmed whether it is certain that it is compacted that far: else the next run
     *     begins at the log's start
     */
    private record Progress(
            PartitionLog of,
            long cleanedBelow,
            int cuts,
            long lastRunMillis,
            @Nullable String error,
            boolean isFinal,
            boolean isConfirmed) {
        static Progress of(PartitionLog log, long cleanedBelow) {
            int cuts = log.cleaning().view().cuts();
            return new Progress(log, cleanedBelow, cuts, -1, null, false, true);
        }

        Progress at(long offset, int newCuts) {
            return new Progress(of, offset, newCuts, lastRunMillis, null, false, true);
        }

        Progress ranAt(long millis) {
            return new Progress(of, cleanedBelow, cuts, millis, error, isFinal, isConfirmed);
        }

        Progress unconfirmed() {
            return new Progress(of, cleanedBelow, cuts, lastRunMillis, error, isFinal, false);
        }

        Progress failed(@Nullable String why, boolean finallySo) {
            return new Progress(of, cleanedBelow, cuts, lastRunMillis, why, finallySo, isConfirmed);
        }
    }

    private record Candidate(PartitionLog log, LogView view, DirtySection section) {
        Candidate fromTheStart() {
            return new Candidate(log, view, section.from(view.start()));
        }
    }

    CompactionLook(
            LogDirectory directory,
            LogCleaner.HighWatermarks highWatermarks,
            Clock clock,
            Pace pace) {
        this.directory = directory;
        this.highWatermarks = highWatermarks;
        this.clock = clock;
        this.pace = pace;
        this.offsets = directory.cleanerOffsets();
        for (PartitionLog each : directory.logs()) {
            TopicPartition name = each.topicPartition();
            // Before it is asked how far that is: a cut may come in between.
            Progress none = Progress.of(each, 0);
            long cleanedBelow = offsets.of(name);
            if (cleanedBelow > each.logEndOffset()) {
                // Not the log that was compacted: what comes up to there would count as clean.
                drop(each);
            } else if (cleanedBelow > 0) {
                Progress known = none.at(cleanedBelow, none.cuts());
                progress.put(name, offsets.areConfirmed() ? known : known.unconfirmed());
            }
        }
        // A topic of the same name must not inherit how far this one was.
        directory.onRemoval(progress::remove);
    }

    void run() {
        List<Candidate> due = new ArrayList<>();
        for (PartitionLog each : directory.logs()) {
            try {
                look(each).ifPresent(due::add);
            } catch (RuntimeException e) {
                // One log must not keep the others from being looked at.
                log.error("{} cannot be looked at", each.topicPartition(), e);
            }
        }
        due.sort(Comparator.comparingDouble((Candidate one) -> -one.section().ratio()));
        for (Candidate first : due) {
            Optional<Candidate> next = Optional.of(first);
            while (next.isPresent() && !pace.stopped().getAsBoolean() && compact(next.get())) {
                // What did not fit into memory is left for another run; what is new, for another
                // look, or other logs would never be looked at.
                next =
                        progressOf(first.log()).cleanedBelow() < first.section().end()
                                ? candidate(first.log())
                                : Optional.empty();
            }
        }
    }

    private Optional<Candidate> look(PartitionLog each) {
        if (!each.config().compacted()) {
            return Optional.empty();
        }
        if (outlooks.isDebugEnabled()) {
            outlooks.debug("{}: {}", each.topicPartition(), outlook(each));
        }
        return progressOf(each).isFinal() ? Optional.empty() : candidate(each);
    }

    /** A log that is due; empty when it is not, or cannot be looked at. */
    private Optional<Candidate> candidate(PartitionLog each) {
        try {
            closeOverdue(each);
            LogCleaning cleaning = each.cleaning();
            Candidate found = cleaning.ask(view -> new Candidate(each, view, section(each, view)));
            if (found.section().isDue(each.config().cleanup())) {
                return Optional.of(progressOf(each).isConfirmed() ? found : found.fromTheStart());
            }
            if (progressOf(each).error() != null) {
                note(progressOf(each).failed(null, false));
            }
        } catch (KafkaStorageException e) {
            log.debug("{} cannot be looked at", each.topicPartition(), e);
            if (each.cleaning().isOpen()) {
                note(progressOf(each).failed("the disk is full", false));
            }
        }
        return Optional.empty();
    }

    private DirtySection section(PartitionLog each, LogView view) throws IOException {
        Progress known = progressOf(each);
        long highWatermark = highWatermarks.of(each);
        DirtySection.Bounds bounds =
                new DirtySection.Bounds(
                        known.cuts() == view.cuts() ? known.cleanedBelow() : 0,
                        highWatermark < 0 ? -1 : each.lastStableOffset(highWatermark),
                        Math.min(each.cleaning().recoveryPoint(), each.recoveryPoint()));
        return DirtySection.of(view, each.config().cleanup(), bounds, clock.wallMillis());
    }

    /** Kafka closes a segment with an append; where none comes, records would wait for ever. */
    private void closeOverdue(PartitionLog each) {
        long lagMax = each.config().cleanup().lagMaxMillis();
        LogView view = each.cleaning().view();
        if (lagMax == Long.MAX_VALUE || view.endPosition() == 0 || view.segments().isEmpty()) {
            return;
        }
        Segment active = view.active();
        long now = clock.wallMillis();
        // Retention may have taken it, and its file, meanwhile.
        long began =
                each.cleaning()
                        .ask(newer ->
                                newer.segments().contains(active)
                                        ? active.span().beganAt(now)
                                        : now);
        if (now - began > lagMax) {
            each.cleaning().close(active);
            // What no recovery point covers is not compacted, and no append may come to write one.
            each.requestCheckpoint();
        }
    }

    /** False when nothing more is to be done with the log for now. */
    private boolean compact(Candidate one) {
        long began = clock.nanos();
        Outcome outcome = run(one);
        Progress known = progressOf(one.log()).ranAt(clock.wallMillis());
        switch (outcome) {
            case Outcome.Done done -> {
                note(known.at(done.cleanedBelow(), one.view().cuts()));
                log.info(
                        "compacted partition={} offsets={} to {} bytes={} to {} millis={}",
                        one.log().topicPartition(),
                        one.section().first(),
                        done.cleanedBelow(),
                        done.bytesBefore(),
                        done.bytesAfter(),
                        (clock.nanos() - began) / 1_000_000);
                return true;
            }
            case Outcome.GivenUp(String why) -> {
                note(known);
                log.info("compaction of {} was given up: {}", one.log().topicPartition(), why);
            }
            case Outcome.NoSpace(String why) -> {
                note(known.failed(why, false));
                log.warn(
                        "{} is compacted when there is space for it: {}",
                        one.log().topicPartition(),
                        why);
            }
            case Outcome.Impossible(String why) -> {
                note(known.failed(why, true));
                log.error(
                        "{} cannot be compacted, and is left as it is until the next start: {}",
                        one.log().topicPartition(),
                        why);
            }
        }
        return false;
    }

    private Outcome run(Candidate one) {
        try {
            directory.gapOffsets().raise(one.log().directory(), () -> gapsOf(one));
        } catch (NoSuchFileException e) {
            return new Outcome.GivenUp("the log is gone");
        } catch (IOException e) {
            directory.fail(e);
            return ShortageException.isOfSpace(e)
                    ? new Outcome.NoSpace("the disk is full")
                    : new Outcome.GivenUp(String.valueOf(e.getMessage()));
        }
        try (Compaction run =
                new Compaction(one.log().cleaning(), one.view(), one.section(), pace)) {
            return run.run();
        }
    }

    /**
     * Below which offset a run may take some, whether it gets to its end or not. Known before its
     * first segment is in place, or a start after a crash could take that for a loss.
     */
    private long gapsOf(Candidate one) {
        PartitionLog of = one.log();
        return isUncut(of, one.view().cuts()) ? durable(of, one.section().end()) : 0;
    }

    private void note(Progress now) {
        if (directory.get(now.of().topicPartition()) == now.of()) {
            progress.put(now.of().topicPartition(), now);
            writeOffsets();
        }
    }

    private Progress progressOf(PartitionLog each) {
        Progress known = progress.get(each.topicPartition());
        return known != null && known.of() == each ? known : Progress.of(each, 0);
    }

    private void drop(PartitionLog each) {
        try {
            offsets.lower(each.topicPartition(), 0);
        } catch (IOException e) {
            directory.fail(e);
        }
    }

    private void writeOffsets() {
        try {
            offsets.set(this::cleanedBelow);
        } catch (IOException e) {
            directory.fail(e);
        }
    }

    /** Of all logs that are there and were not cut since. */
    private Map<TopicPartition, Long> cleanedBelow() {
        Map<TopicPartition, Long> known = new HashMap<>();
        progress.forEach((name, one) -> {
            if (isUncut(one.of(), one.cuts())) {
                // What this start does not believe the next one must not, either.
                known.put(name, one.isConfirmed() ? durable(one.of(), one.cleanedBelow()) : 0L);
            }
        });
        return known;
    }

    /** Whether a log is there, and was not cut since. */
    private boolean isUncut(PartitionLog of, int cuts) {
        return directory.get(of.topicPartition()) == of && cuts == of.cleaning().view().cuts();
    }

    /** Nothing that is not durable is compacted, unless the log is just being cut. */
    private static long durable(PartitionLog of, long offset) {
        return Math.min(offset, of.durability().segmentsEnd());
    }

    /** For the next start. */
    void finish() {
        if (directory.isOnline()) {
            writeOffsets();
        }
    }

    CleaningStatus status(PartitionLog each) {
        Progress known = progressOf(each);
        LogView view = each.cleaning().view();
        Optional<DirtySection> section = each.config().compacted() ? dirt(each) : Optional.empty();
        return new CleaningStatus(
                view.start(),
                view.end(),
                view.segments().size(),
                section.map(DirtySection::dirtyBytes).orElse(0L),
                section.map(one -> one.overdueMillis() / 1000).orElse(0L),
                known.lastRunMillis(),
                Optional.ofNullable(known.error()));
    }

    private Optional<DirtySection> dirt(PartitionLog each) {
        try {
            return Optional.of(each.cleaning().ask(view -> section(each, view)));
        } catch (KafkaStorageException e) {
            return Optional.empty();
        }
    }

    /** How far the log is from being compacted, for people. */
    String outlook(PartitionLog each) {
        Progress known = progressOf(each);
        if (known.error() != null) {
            return "compaction failed, and is tried again with the next %s: %s"
                    .formatted(known.isFinal() ? "start" : "look", known.error());
        }
        return dirt(each)
                .map(section ->
                        "compaction: %d of %d bytes below offset %d are dirty, share %.2f;"
                                        .formatted(
                                                section.dirtyBytes(),
                                                section.dirtyBytes() + section.cleanBytes(),
                                                section.end(),
                                                section.ratio())
                                + " a run starts above min.cleanable.dirty.ratio="
                                + each.config().cleanup().dirtyRatioMin())
                .orElse("compaction: the log cannot be read");
    }
}
