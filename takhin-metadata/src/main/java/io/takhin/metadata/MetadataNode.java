package io.takhin.metadata;

import io.takhin.base.Clock;
import io.takhin.base.Threads;
import io.takhin.log.DamagedLogException;
import io.takhin.log.DurableMark;
import io.takhin.metadata.RaftNode.Surroundings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.feature.Features;
import org.apache.kafka.common.feature.SupportedVersionRange;
import org.apache.kafka.controller.Controller;
import org.apache.kafka.image.loader.MetadataLoader;
import org.apache.kafka.image.publisher.SnapshotEmitter;
import org.apache.kafka.image.publisher.SnapshotGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The metadata half of one Takhin process: this node's part in the quorum, its membership in the
 * cluster as a broker, and the cluster's metadata as it is known here.
 *
 * <p>Threads: {@link #open}, {@link #start} and {@link #stop} by the owner, in this order;
 * everything else any.
 */
public final class MetadataNode {
    private static final Logger log = LoggerFactory.getLogger(MetadataNode.class);
    private static final Duration LEAVE_TIMEOUT = Duration.ofSeconds(5);

    /** Checkpoints, ends of indexes, and the like. */
    private static final long START_BYTES = 1 << 20;

    private final int nodeId;
    private final StorageFormat format;
    private final Path metaFile;
    private final Surroundings surroundings;
    private final RaftNode raft;
    private final RaftNetwork network;
    private final @Nullable Controller controller;
    private final ViewPublisher views;
    private final MetadataLoader loader;
    private final SnapshotGenerator snapshots;
    private final StopSnapshot stopSnapshot;
    private final QuorumAccess quorum;
    private final Membership membership;
    private final ProducerIds producerIds;
    private final @Nullable VoterRegistration voter;

    private MetadataNode(
            MetadataSettings settings,
            StorageFormat format,
            RaftNode raft,
            RaftNetwork network,
            Surroundings surroundings,
            long previousEpoch)
            throws IOException {
        this.nodeId = settings.nodeId();
        this.format = format;
        this.metaFile = DirectoryIdentity.metaFile(settings.directory());
        this.raft = raft;
        this.network = network;
        this.surroundings = surroundings;
        this.controller =
                settings.isVoter()
                        ? ControllerNode.start(settings, format, raft, surroundings)
                        : null;
        AppliedOffset applied = new AppliedOffset();
        this.quorum =
                new QuorumAccess(
                        settings.nodeId(),
                        raft,
                        controller == null ? null : new ControllerCalls(controller),
                        network.remoteController(surroundings.time()),
                        applied,
                        surroundings);
        Registration registration =
                new Registration(
                        settings.nodeId(),
                        format.clusterId(),
                        Uuid.randomUuid(),
                        format.directoryId(),
                        settings.broker(),
                        previousEpoch);
        this.membership = new Membership(registration, settings, quorum, surroundings);
        this.producerIds = new ProducerIds(settings.nodeId(), quorum, membership);
        this.views =
                new ViewPublisher(
                        format.clusterId(),
                        settings.broker().listener(),
                        this::join,
                        offset -> {
                            applied.advance(offset);
                            membership.onApplied(offset);
                        });
        this.loader = ImageLoading.loader(settings, raft, surroundings);
        SnapshotEmitter emitter = ImageLoading.emitter(settings, raft, surroundings);
        this.snapshots = ImageLoading.snapshots(emitter, settings, surroundings);
        this.stopSnapshot =
                new StopSnapshot(
                        emitter,
                        StopSnapshot.Progress.of(raft.client()),
                        applied,
                        StopSnapshot.APPLIED_WITHIN);
        this.voter =
                settings.isVoter()
                        ? new VoterRegistration(settings, quorum, surroundings.timer())
                        : null;
    }

    /**
     * Whether this node may use the directory, as far as that can be told without touching it; to
     * be asked before anybody writes there.
     *
     * @throws IOException with a text for the operator when it may not
     */
    public static void checkDirectory(MetadataSettings settings) throws IOException {
        var _ = DirectoryIdentity.read(settings);
    }

    /**
     * On a full disk, makes the room that a start needs, if a start before left something for that;
     * to be called before anybody writes there.
     */
    public static void makeRoom(MetadataSettings settings) {
        new Ballast(settings.directory()).release(START_BYTES);
    }

    /**
     * Reads what the data directory holds; takes the directory into use if nobody has. Nothing is
     * sent or served before {@link #start}.
     *
     * @param previousEpoch the broker's epoch when it last stopped cleanly; -1 where it did not
     * @param onFatal told when this process must not go on; may be called from any thread
     * @param onDiskFailure told when the disk of the metadata failed: this node is out of the
     *     quorum then, its view stays as it is, and {@link Quorum#ask} refuses
     * @throws IOException with a text for the operator when the directory cannot be used
     */
    public static MetadataNode open(
            MetadataSettings settings,
            Clock clock,
            long previousEpoch,
            Consumer<Throwable> onFatal,
            Consumer<IOException> onDiskFailure)
            throws IOException {
        Faults faults = new Faults(onFatal);
        DiskRoom room = new DiskRoom(settings.directory());
        Surroundings surroundings =
                new Surroundings(new KafkaTime(clock), new MetadataTimer(), faults, room);
        boolean fresh =
                !StorageFormat.isFormatted(settings.directory())
                        || !DirectoryIdentity.hasMetadata(settings.directory());
        VoteGuard guard = VoteGuard.open(settings, fresh, surroundings);
        StorageFormat format = StorageFormat.open(settings);
        MetadataLog raftLog = openLog(settings, clock, new MetadataLog.Disk(faults, room));
        RaftNetwork network = RaftNetwork.open(settings, clock);
        RaftNode raft =
                new RaftNode(settings, format, raftLog, network.channel(guard), surroundings);
        raft.initialize(new VoteFile(raftLog.directory(), room));
        MetadataNode node =
                new MetadataNode(settings, format, raft, network, surroundings, previousEpoch);
        network.listen(new RaftPort(raft, node.quorum, surroundings.time(), guard));
        network.watch(guard, raft);
        faults.onDiskFailure(why ->
                Threads.startVirtual(
                        "metadata-offline", () -> node.leaveForGood(why, onDiskFailure)));
        return node;
    }

    private static MetadataLog openLog(
            MetadataSettings settings, Clock clock, MetadataLog.Disk disk) throws IOException {
        try {
            return MetadataLog.open(settings.directory(), clock, disk);
        } catch (DamagedLogException e) {
            Path directory = settings.directory().resolve(MetadataLog.PARTITION.toString());
            String cure =
                    settings.alone()
                            ? "Restore the data directory from a backup. Without one, delete %s: this node then goes on with what comes before the damage, and topics made later are lost"
                                    .formatted(directory.resolve(DurableMark.NAME))
                            : "Delete the directory %s: this node then fetches the metadata from the others"
                                    .formatted(directory);
            throw new IOException(e.getMessage() + "; nothing was changed. " + cure, e);
        }
    }

    /** The feature levels that a broker of this program registers and ApiVersions tells. */
    public static Features<SupportedVersionRange> supportedFeatures() {
        return Features.supportedFeatures(
                ControllerNode.supportedFeatures().entrySet().stream()
                        .collect(
                                Collectors.toMap(
                                        Map.Entry::getKey,
                                        feature ->
                                                new SupportedVersionRange(
                                                        feature.getValue().min(),
                                                        feature.getValue().max()))));
    }

    /** Hears of every change of the metadata; to be added before {@link #start}. */
    public void addListener(MetadataListener listener) {
        views.add(listener);
    }

    /** As {@link #addListener}, for adapters of Kafka's own coordinators. */
    public void addImageListener(ImageListener listener) {
        views.addImageListener(listener);
    }

    /** Takes part in the quorum and registers the broker. Returns at once. */
    public void start() {
        surroundings.room().keepBallast(surroundings.timer());
        raft.client().register(loader);
        raft.start();
        var _ =
                loader.installPublishers(
                                List.of(new UnheededRules(), stopSnapshot, views, snapshots))
                        .whenComplete((_, error) -> {
                            if (error != null) {
                                log.error("the metadata cannot be published", error);
                            }
                        });
        if (voter != null) {
            voter.start();
        }
    }

    /**
     * Joins the cluster, unless it knows more of this broker than is here. To be asked before
     * partitions are hosted: those that lie in another directory would be made anew, and empty.
     */
    private boolean join(ImageView first) {
        List<Uuid> directories = first.directoriesOf(nodeId);
        if (directories.size() > 1) {
            surroundings
                    .faults()
                    .refuse(
                            new IOException(
                                    "broker %d had %d data directories (log.dirs) in Apache Kafka, and Takhin has one: move all partitions into one of them and start Kafka with that one alone first"
                                            .formatted(nodeId, directories.size())));
            return false;
        }
        if (directories.stream().anyMatch(format::isMistakenFor)) {
            surroundings
                    .faults()
                    .refuse(
                            new IOException(
                                    "%s is damaged: its directory.id %s was %s when this broker registered. Restore it"
                                            .formatted(
                                                    metaFile, format.directoryId(), directories)));
            return false;
        }
        membership.start();
        return true;
    }

    /** The metadata as this node knows it now. */
    public ClusterView view() {
        return views.view();
    }

    public Quorum quorum() {
        return quorum;
    }

    public Membership membership() {
        return membership;
    }

    public ProducerIds producerIds() {
        return producerIds;
    }

    public String clusterId() {
        return format.clusterId();
    }

    /** The name under which the data directory is registered. */
    public Uuid directoryId() {
        return format.directoryId();
    }

    /**
     * First half of a clean stop: the controller moves this broker's leaderships away, while the
     * broker still serves. Bounded; without a controller it gives up after five seconds.
     */
    public CompletableFuture<Void> leave() {
        return membership.leave(LEAVE_TIMEOUT);
    }

    /**
     * Leaves the cluster if that was not done, then the quorum. Takes at most some ten seconds, and
     * so long only where no majority is left.
     */
    public void stop() throws InterruptedException {
        awaitLeft();
        // Two at a time would write the same one.
        closeQuietly(snapshots);
        if (surroundings.faults().diskFailure() == null && surroundings.room().lack() == null) {
            stopSnapshot.write();
        }
        if (controller != null) {
            controller.beginShutdown();
        }
        loader.beginShutdown();
        raft.stop();
        closeQuietly(loader);
        if (controller != null) {
            controller.close();
        }
        surroundings.timer().close();
        network.close();
    }

    /**
     * The disk failed. To the others this node is dead from now on: they fence its broker, and
     * elect another leader where it was theirs. Nothing that it says could be relied on.
     */
    private void leaveForGood(IOException why, Consumer<IOException> onDiskFailure) {
        onDiskFailure.accept(why);
        quorum.refuseWaiting();
        membership.abandon(why);
        network.close();
        if (controller != null) {
            controller.beginShutdown();
        }
    }

    /** For tests: what others see of this node ends, as when its machine dies. */
    void cutOff() {
        network.close();
    }

    private void awaitLeft() throws InterruptedException {
        try {
            leave().get(LEAVE_TIMEOUT.toMillis() + 1000, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            log.warn("leaving the cluster did not end in time", e);
        }
    }

    private static void closeQuietly(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) { // Kafka's signatures say no more than this
            log.warn("a part of the metadata node did not close", e);
        }
    }
}
