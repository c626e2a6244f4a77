package io.takhin.broker.api;

import io.takhin.coordinator.GroupCoordination;
import io.takhin.metadata.ClusterView;
import java.util.List;
import java.util.function.Supplier;

/** The handlers of everything the group coordinator serves. */
public final class GroupHandlers {
    private GroupHandlers() {}

    /**
     * All of them, for wiring.
     *
     * @param views the newest view of the cluster
     */
    public static List<ApiHandler> all(
            Supplier<ClusterView> views, GroupCoordination groups, OffsetsTopic offsetsTopic) {
        return List.of(
                new FindCoordinatorHandler(groups, offsetsTopic),
                new JoinGroupHandler(groups),
                new SyncGroupHandler(groups),
                new HeartbeatHandler(groups),
                new LeaveGroupHandler(groups),
                new OffsetCommitHandler(views, groups),
                new OffsetFetchHandler(views, groups),
                new OffsetDeleteHandler(views, groups),
                new ListGroupsHandler(groups),
                new DescribeGroupsHandler(groups),
                new DeleteGroupsHandler(groups),
                new ConsumerGroupHeartbeatHandler(views, groups),
                new ConsumerGroupDescribeHandler(views, groups));
    }
}
