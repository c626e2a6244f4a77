package io.takhin.broker.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.takhin.broker.config.BrokerConfig.RaftVoter;
import io.takhin.broker.config.LoadedConfig.FlagValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LoadedConfigTest {
    @TempDir Path dir;

    // S14, S26–S51: no file at all is a usable single broker
    @Test
    void defaultsAloneAreASingleBroker() throws Exception {
        BrokerConfig config = load("").config();

        assertThat(config.node().isAlone()).isTrue();
        assertThat(config.network().listeners()).containsExactly(at("0.0.0.0", 9092));
        assertThat(config.network().advertisedHost()).isEqualTo("localhost");
        assertThat(config.network().advertisedPort()).isEmpty();
        assertThat(config.storage().flushOnAck()).isTrue();
        assertThat(config.raft().voters()).isEmpty();
    }

    // S25, S26–S51: the cluster guide's file, to the letter but for the replication factor
    @Test
    void theClusterGuidesFileIsAccepted() throws Exception {
        BrokerConfig config = load(CLUSTER_GUIDE).config();

        assertThat(config.node().brokers()).containsExactly(1, 2, 3);
        assertThat(config.network().listeners()).containsExactly(at("0.0.0.0", 9092));
        assertThat(config.network().advertisedHost()).isEqualTo("broker1.example.com");
        assertThat(config.network().advertisedPort()).isEqualTo(OptionalInt.of(9092));
        assertThat(config.network().messageBytesMax()).isEqualTo(10485760);
        assertThat(config.storage().segmentBytes()).isEqualTo(1L << 31);
        assertThat(config.storage().retentionBytes()).isEqualTo(-1);
        assertThat(config.raft().voters())
                .containsExactly(
                        new RaftVoter(1, at("broker1.example.com", 7946)),
                        new RaftVoter(2, at("broker2.example.com", 7946)),
                        new RaftVoter(3, at("broker3.example.com", 7946)));
        assertThat(config.raft().advertised()).contains(at("broker1.example.com", 7946));
    }

    // S18, S23
    @Test
    void aFlagWinsOverTheEnvironmentAndThatOverTheFile() throws Exception {
        String file = "server: {host: 10.0.0.1, port: 1}\nstorage: {data: {dir: /file}}";
        Map<String, String> environment =
                Map.of("TAKHIN_SERVER_PORT", "2", "TAKHIN_STORAGE_DATA_DIR", "/environment");
        Map<Setting, FlagValue> flags = Map.of(Setting.SERVER_PORT, new FlagValue("port", "3"));

        BrokerConfig config = load(file, environment, flags).config();

        assertThat(config.network().listeners()).containsExactly(at("10.0.0.1", 3));
        assertThat(config.storage().dataDir()).isEqualTo(Path.of("/environment"));
    }

    // S24
    @ParameterizedTest
    @ValueSource(strings = {"1,2,3", "[1, 2, 3]", "[1,2,3]", " 1, 2 ,3 ", "[\"1\", '2', 3]"})
    void theEnvironmentTakesLists(String brokers) throws Exception {
        Map<String, String> environment =
                Map.of(
                        "TAKHIN_KAFKA_CLUSTER_BROKERS", brokers,
                        "TAKHIN_RAFT_PEERS", "a:1,b:1,c:1",
                        "TAKHIN_KAFKA_ADVERTISED_HOST", "a");

        BrokerConfig config = load("", environment, Map.of()).config();

        assertThat(config.node().brokers()).containsExactly(1, 2, 3);
    }

    // S24: not only the four examples
    @Test
    void everySettingHasItsVariable() throws Exception {
        for (Setting setting : Setting.values()) {
            String text = setting.defaultText() == null ? "1" : setting.defaultText();

            SettingValues values = load("", Map.of(setting.variable(), text), Map.of()).values();

            assertThat(values.origin(setting))
                    .isEqualTo(new Origin.Environment(setting.variable()));
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "server: {prot: 9092}        | :1: unknown key server.prot; the nearest is server.port",
                "server: {port: many}        | :1: server.port must be a whole number from 0 to 65535",
                "server: {port: 65536}       | not '65536'",
                "server: {port: [1]}         | :1: server.port takes one value, not a list",
                "server: {port: }            | :1: server.port has no value",
                "metrics: {enabled: maybe}   | metrics.enabled must be true or false, not 'maybe'",
                "logging: {level: loud}      | logging.level must be one of trace, debug, info",
                "log.segment.bytes: 1        | the nearest is storage.log.segment.size",
                "storage: {log: {flush: {policy: never}}} | must be one of ack, interval",
                "storage: {log: {retention: {hours: 0}}}  | must be at least 1, or -1",
                "kafka: {broker: {id: 1}, cluster: {brokers: [2, 3]}}    | kafka.broker.id is 1, which is not in",
                "kafka: {cluster: {brokers: [1, 1]}}      | names a broker twice",
                "kafka: {cluster: {brokers: [1, x]}}      | kafka.cluster.brokers must be a whole",
                "kafka: {cluster: {id: short}}            | kafka.cluster.id must be 22 letters",
                "kafka: {listeners: ['9092']}             | must be tcp://host:port",
                "kafka: {listeners: ['tls://a:1']}        | in this version",
                "kafka: {advertised: {host: 0.0.0.0}}     | one address that clients can connect to",
                "kafka: {max: {message: {bytes: 200000000}}} | not be larger than kafka.max.request",
                "raft: {bind: {addr: nowhere}}            | raft.bind.addr must be host:port",
                "metrics: {path: metrics}                 | metrics.path must begin with /",
                "storage: {data: {dir: ''}}               | storage.data.dir must name a directory",
                "server: {port: 1, port: 2}               | was already given in line 1",
                "just words                               | expected settings in the form",
                "server: [port: 1                         | not YAML",
            })
    void aMistakeIsNamedWithItsPlace(String file, String complaint) {
        assertThatThrownBy(() -> load(file))
                .isInstanceOf(InvalidConfigException.class)
                .hasMessageContaining(complaint)
                .hasMessageContaining("takhin.yaml");
    }

    @Test
    void aMistakeOfTheEnvironmentNamesTheVariable() {
        assertThatThrownBy(() -> load("", Map.of("TAKHIN_SERVER_PROT", "1"), Map.of()))
                .hasMessage(
                        "TAKHIN_SERVER_PROT: no setting has this variable; the nearest is"
                                + " TAKHIN_SERVER_PORT");
        assertThatThrownBy(() -> load("", Map.of("TAKHIN_SERVER_PORT", "x"), Map.of()))
                .hasMessageStartingWith("TAKHIN_SERVER_PORT: server.port must be");
    }

    @Test
    void everyMistakeIsReportedAtOnce() {
        assertThatThrownBy(() -> load("server: {port: x}\nfoo: 1\nbar: 2"))
                .satisfies(e -> assertThat(e.toString().lines()).hasSize(3));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "server: {tls: {enabled: true}}",
                "sasl: {enabled: true}",
                "acl: {enabled: true}",
                "audit: {enabled: true}",
                "storage: {tiered: {enabled: true}}",
                "replication: {default: {replication: {factor: 3}}}",
            })
    void whatDoesNotExistYetIsRefused(String file) {
        assertThatThrownBy(() -> load(file)).hasMessageContaining("is not in this version");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "server: {tls: {enabled: false, cert: {file: /c.pem}}}",
                "sasl: {enabled: false, mechanisms: [PLAIN, SCRAM-SHA-256]}",
                "replication: {default: {replication: {factor: 1}}}",
                "storage: {tiered: {s3: {endpoint: ''}}}",
            })
    void itsHarmlessFormIsAccepted(String file) throws Exception {
        assertThat(load(file)).isNotNull();
    }

    // S55 and rule 7 of section 18: the port of the environment moves a listener of the file
    @Test
    void aHigherLayersPortReplacesTheListOfListeners() throws Exception {
        String file =
                "kafka: {listeners: ['tcp://127.0.0.1:1', 'tcp://[::1]:2']}\nserver: {port: 3}";

        assertThat(load(file).config().network().listeners())
                .containsExactly(at("127.0.0.1", 1), at("::1", 2));
        assertThat(
                        load(file, Map.of("TAKHIN_SERVER_PORT", "9093"), Map.of())
                                .config()
                                .network()
                                .listeners())
                .containsExactly(at("0.0.0.0", 9093));
    }

    // Rule 8 of section 18
    @Test
    void aPeerMaySayWhichBrokerItIs() throws Exception {
        String file =
                """
                kafka: {cluster: {brokers: [1, 2, 3]}, advertised: {host: a}}
                raft: {peers: ['3@c:1', '1@a:1']}
                """;

        BrokerConfig.Raft raft = load(file).config().raft();

        assertThat(raft.voters())
                .containsExactly(new RaftVoter(3, at("c", 1)), new RaftVoter(1, at("a", 1)));
        assertThat(raft.advertised()).contains(at("a", 1));
    }

    // S102: broker 4 of four, with three peers
    @Test
    void aBrokerWithoutAPeersEntryIsNoVoter() throws Exception {
        String file =
                """
                kafka: {broker: {id: 4}, cluster: {brokers: [1, 2, 3, 4]}, advertised: {host: d}}
                raft: {peers: [a:1, b:1, c:1], advertise: {addr: d:1}}
                """;

        BrokerConfig config = load(file).config();

        assertThat(config.raft().voters()).extracting(RaftVoter::id).containsExactly(1, 2, 3);
        assertThat(config.raft().advertised()).contains(at("d", 1));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "[a:1, b:1, c:1]    | raft.peers has more entries",
                "[]                 | raft.peers must name the members",
                "[9@a:1]            | names broker 9",
                "[a:1, a:1]         | names one member twice",
                "['x@a:1']          | host:port or id@host:port",
                "[b:1, a:1]         | raft.advertise.addr is the address of broker 2",
            })
    void peersMustFitTheBrokers(String peers, String complaint) {
        String file =
                "kafka: {cluster: {brokers: [1, 2]}, advertised: {host: a}}\n"
                        + "raft: {advertise: {addr: a:1}, peers: "
                        + peers
                        + "}";

        assertThatThrownBy(() -> load(file)).hasMessageContaining(complaint);
    }

    @ParameterizedTest
    @CsvSource({
        "raft.peers must name, 'kafka: {advertised: {host: a}, cluster: {brokers: [1, 2]}}'",
        "kafka.advertised.host must say,"
                + " 'kafka: {cluster: {brokers: [1, 2]}}\nraft: {peers: [a:1, b:1]}'",
    })
    void whatIsMissingIsSaidAtTheLineThatAsksForIt(String complaint, String file) {
        assertThatThrownBy(() -> load("# cluster\n" + file))
                .hasMessageContaining("takhin.yaml:2: " + complaint);
    }

    @Test
    void aClusterMustSayWhereClientsReachEachBroker() {
        String file = "kafka: {cluster: {brokers: [1, 2]}}\nraft: {peers: [a:1, b:1]}";

        assertThatThrownBy(() -> load(file)).hasMessageContaining("kafka.advertised.host must say");
    }

    // A service called takhin must not stop the broker in its own pod
    @Test
    void whatKubernetesAddsIsNotASetting() throws Exception {
        Map<String, String> environment =
                Map.of(
                        "TAKHIN_SERVICE_HOST", "10.0.0.1",
                        "TAKHIN_SERVICE_PORT", "9092",
                        "TAKHIN_PORT", "tcp://10.0.0.1:9092",
                        "TAKHIN_PORT_9092_TCP_ADDR", "10.0.0.1",
                        "TAKHIN_SERVER_PORT", "tcp://10.0.0.1:9092",
                        "TAKHIN_HEADLESS_SERVICE_PORT_KAFKA", "9092",
                        "TAKHIN_JAVA_HOME", "/jdk");

        assertThat(load("", environment, Map.of()).config().network().listeners())
                .containsExactly(at("0.0.0.0", 9092));
    }

    @Test
    void aMissingFileIsNamed() {
        assertThatThrownBy(() ->
                        LoadedConfig.load(
                                Optional.of(dir.resolve("none.yaml")), Map.of(), Map.of()))
                .hasMessageContaining("none.yaml: no such file");
    }

    private LoadedConfig load(String file) throws IOException, InvalidConfigException {
        return load(file, Map.of(), Map.of());
    }

    private LoadedConfig load(
            String file, Map<String, String> environment, Map<Setting, FlagValue> flags)
            throws IOException, InvalidConfigException {
        Path path = Files.writeString(dir.resolve("takhin.yaml"), file);
        return LoadedConfig.load(Optional.of(path), environment, flags);
    }

    private static HostAndPort at(String host, int port) {
        return new HostAndPort(host, port);
    }

    private static final String CLUSTER_GUIDE =
            """
            server:
              host: "0.0.0.0"
              port: 9092
            kafka:
              broker:
                id: 1
              cluster:
                brokers: [1, 2, 3]
              listeners:
                - "tcp://0.0.0.0:9092"
              advertised:
                host: "broker1.example.com"
                port: 9092
              max:
                message:
                  bytes: 10485760
                connections: 5000
              request:
                timeout:
                  ms: 30000
              connection:
                timeout:
                  ms: 60000
            storage:
              data:
                dir: "/var/lib/takhin/data"
              log:
                segment:
                  size: 2147483648
                retention:
                  hours: 168
                  bytes: 0
                cleanup:
                  interval:
                    ms: 300000
                flush:
                  interval:
                    ms: 1000
                  messages: 10000
              cleaner:
                enabled: true
              compaction:
                interval:
                  ms: 600000
                min:
                  cleanable:
                    ratio: 0.5
            replication:
              default:
                replication:
                  factor: 1
              replica:
                lag:
                  time:
                    max:
                      ms: 10000
                fetch:
                  wait:
                    max:
                      ms: 500
                  max:
                    bytes: 1048576
            raft:
              bind:
                addr: "0.0.0.0:7946"
              advertise:
                addr: "broker1.example.com:7946"
              peers:
                - "broker1.example.com:7946"
                - "broker2.example.com:7946"
                - "broker3.example.com:7946"
            logging:
              level: "info"
              format: "json"
            metrics:
              enabled: true
              host: "0.0.0.0"
              port: 9090
              path: "/metrics"
            """;
}
