package io.takhin.tests.clients;

import static org.assertj.core.api.Assertions.assertThat;

import io.takhin.tests.harness.Broker;
import io.takhin.tests.harness.BrokerTest;
import io.takhin.tests.harness.Fresh;
import io.takhin.tests.harness.JavaClients;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Consumer groups, by the classic protocol and by that of KIP-848. */
@BrokerTest
@ParameterizedClass
@ValueSource(strings = {"classic", "consumer"})
class ConsumerGroupTest {
    private static final Logger log = LoggerFactory.getLogger(ConsumerGroupTest.class);
    private static final Duration SETTLED_WITHIN = Duration.ofSeconds(40);

    private final String protocol;
    private final JavaClients clients;
    private final String topic = Fresh.name("shared");
    private final String group = Fresh.name("group");

    ConsumerGroupTest(String protocol, Broker broker) {
        this.protocol = protocol;
        this.clients = new JavaClients(broker);
    }

    @BeforeEach
    void aTopicOfFourPartitions() throws Exception {
        clients.createTopic(topic, 4);
    }

    // S67
    @Test
    void aLoneMemberGetsEveryPartition() {
        try (Consumer<String, String> only = member()) {
            long begin = System.nanoTime();

            pollUntil(() -> only.assignment().size() == 4, List.of(only));

            log.info("first assignment ({}) after {} ms", protocol, millisSince(begin));
            assertThat(only.assignment()).hasSize(4);
        }
    }

    // S67, S68
    @Test
    void membersShareThePartitionsAndTakeOverFromEachOther() {
        try (Consumer<String, String> first = member()) {
            pollUntil(() -> first.assignment().size() == 4, List.of(first));

            try (Consumer<String, String> second = member()) {
                pollUntil(
                        () -> sizes(List.of(first, second)).equals(List.of(2, 2)),
                        List.of(first, second));
                assertThat(union(List.of(first, second))).hasSize(4);
            }

            pollUntil(() -> first.assignment().size() == 4, List.of(first));
            assertThat(first.assignment()).hasSize(4);
        }
    }

    // S67
    @Test
    void membersThatFindNoPartitionStayIdle() {
        List<Consumer<String, String>> members = new ArrayList<>();
        try {
            for (int i = 0; i < 5; i++) {
                members.add(member());
            }

            pollUntil(
                    () -> sizes(members).stream().sorted().toList().equals(List.of(0, 1, 1, 1, 1)),
                    members);

            assertThat(union(members)).hasSize(4);
        } finally {
            members.forEach(Consumer::close);
        }
    }

    // S67, S80
    @Test
    void aCommittedOffsetIsWhereTheNextMemberBegins() throws Exception {
        clients.fill(topic, 10);
        TopicPartition partition = new TopicPartition(topic, 0);
        try (Consumer<String, String> first = member("max.poll.records", "4")) {
            pollUntil(() -> first.assignment().size() == 4, List.of(first));
            first.commitSync(Map.of(partition, new OffsetAndMetadata(6, "note")));
        }

        try (Consumer<String, String> second = member()) {
            List<ConsumerRecord<String, String>> read = JavaClients.poll(second, 4);

            assertThat(read).extracting(ConsumerRecord::offset).containsExactly(6L, 7L, 8L, 9L);
            assertThat(second.committed(Set.of(partition)).get(partition).metadata())
                    .isEqualTo("note");
        }
    }

    // S67
    @Test
    void offsetsAreCommittedOnTheWayOut() throws Exception {
        clients.fill(topic, 5);
        try (Consumer<String, String> first = member("enable.auto.commit", "true")) {
            assertThat(JavaClients.poll(first, 5)).hasSize(5);
        }

        try (Consumer<String, String> second = member("enable.auto.commit", "true")) {
            clients.fill(topic, 1);

            assertThat(JavaClients.poll(second, 1))
                    .extracting(ConsumerRecord::offset)
                    .containsExactly(5L);
        }
    }

    // S67
    @Test
    void aGroupWithoutOffsetsBeginsWhereItIsToldTo() throws Exception {
        clients.fill(topic, 3);
        try (Consumer<String, String> latest = member("auto.offset.reset", "latest")) {
            pollUntil(() -> latest.assignment().size() == 4, List.of(latest));
            TopicPartition partition = new TopicPartition(topic, 0);
            assertThat(latest.position(partition)).isEqualTo(3);
        }
    }

    @Test
    void aStaticMemberComesBackToItsPartitions() {
        Set<TopicPartition> before;
        try (Consumer<String, String> other = member("group.instance.id", "b")) {
            try (Consumer<String, String> restarted = member("group.instance.id", "a")) {
                pollUntil(
                        () -> sizes(List.of(restarted, other)).equals(List.of(2, 2)),
                        List.of(restarted, other));
                before = Set.copyOf(restarted.assignment());
            }

            try (Consumer<String, String> back = member("group.instance.id", "a")) {
                pollUntil(() -> back.assignment().size() == 2, List.of(back, other));

                assertThat(back.assignment()).isEqualTo(before);
            }
        }
    }

    private Consumer<String, String> member(String... settings) {
        List<String> all =
                new ArrayList<>(
                        List.of(
                                "group.id",
                                group,
                                "group.protocol",
                                protocol,
                                "auto.offset.reset",
                                "earliest",
                                "enable.auto.commit",
                                "false"));
        if (protocol.equals("classic")) {
            all.addAll(List.of("session.timeout.ms", "10000", "heartbeat.interval.ms", "1000"));
        }
        all.addAll(List.of(settings));
        Consumer<String, String> member = clients.consumer(all.toArray(String[]::new));
        member.subscribe(List.of(topic));
        return member;
    }

    private static void pollUntil(BooleanSupplier settled, List<Consumer<String, String>> members) {
        long end = System.nanoTime() + SETTLED_WITHIN.toNanos();
        while (!settled.getAsBoolean()) {
            assertThat(System.nanoTime() - end).as("assignments %s", sizes(members)).isNegative();
            for (Consumer<String, String> member : members) {
                member.poll(Duration.ofMillis(50));
            }
        }
    }

    private static List<Integer> sizes(List<Consumer<String, String>> members) {
        return members.stream().map(member -> member.assignment().size()).toList();
    }

    private static Set<TopicPartition> union(List<Consumer<String, String>> members) {
        Set<TopicPartition> all = new HashSet<>();
        for (Consumer<String, String> member : members) {
            all.addAll(member.assignment());
        }
        return all;
    }

    private static long millisSince(long begin) {
        return Duration.ofNanos(System.nanoTime() - begin).toMillis();
    }
}
