"""confluent-kafka (librdkafka) against a broker: confluent.py BOOTSTRAP SCENARIO NAME [CODEC]"""
import sys
import time

from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

BOOTSTRAP, SCENARIO, NAME = sys.argv[1:4]
COMMON = {"bootstrap.servers": BOOTSTRAP}
COUNT = 200


def produce(topic, count, **settings):
    refused = []
    producer = Producer({**COMMON, **settings})
    for i in range(count):
        producer.produce(
            topic,
            key=f"key-{i}",
            value=f"value-{i}",
            headers=[("number", str(i).encode())],
            on_delivery=lambda error, _: refused.append(error) if error else None,
        )
    assert producer.flush(30) == 0, "records were left unsent"
    assert not refused, refused[0]


def consumer(group, **settings):
    return Consumer({**COMMON, "group.id": group, "auto.offset.reset": "earliest", **settings})


def read(reader, count, within=30):
    records, end = [], time.monotonic() + within
    while len(records) < count and time.monotonic() < end:
        for message in reader.consume(100, 0.5):
            assert message.error() is None, message.error()
            records.append(message)
    assert len(records) == count, f"{len(records)} records instead of {count}"
    return records


def codec():
    produce(NAME, COUNT, **{"compression.type": sys.argv[4], "linger.ms": 20})
    reader = consumer(NAME)
    reader.subscribe([NAME])
    records = read(reader, COUNT)
    reader.close()
    values = {m.key().decode(): (m.value().decode(), m.headers()) for m in records}
    for i in range(COUNT):
        assert values[f"key-{i}"] == (f"value-{i}", [("number", str(i).encode())]), values


def idempotent():
    produce(NAME, COUNT, **{"enable.idempotence": True})
    reader = consumer(NAME)
    reader.assign([TopicPartition(NAME, 0, 0)])
    assert [m.value().decode() for m in read(reader, COUNT)] == [f"value-{i}" for i in range(COUNT)]
    reader.close()


def group():
    admin = AdminClient(COMMON)
    admin.create_topics([NewTopic(NAME, num_partitions=4, replication_factor=1)])[NAME].result(20)
    members = [consumer(NAME), consumer(NAME)]
    for member in members:
        member.subscribe([NAME])
    end = time.monotonic() + 40
    while sorted(len(m.assignment()) for m in members) != [2, 2]:
        assert time.monotonic() < end, [len(m.assignment()) for m in members]
        for member in members:
            member.poll(0.1)
    members[0].close()
    while len(members[1].assignment()) != 4:
        assert time.monotonic() < end, members[1].assignment()
        members[1].poll(0.1)
    members[1].commit(offsets=[TopicPartition(NAME, 0, 7)], asynchronous=False)
    assert members[1].committed([TopicPartition(NAME, 0)], 10)[0].offset == 7
    members[1].close()


def admin():
    client = AdminClient(COMMON)
    client.create_topics([NewTopic(NAME, num_partitions=3, replication_factor=1)])[NAME].result(20)
    assert len(client.list_topics(NAME, 10).topics[NAME].partitions) == 3
    client.delete_topics([NAME])[NAME].result(20)
    end = time.monotonic() + 20
    while NAME in client.list_topics(timeout=10).topics:
        assert time.monotonic() < end, "the topic is still listed"


{"codec": codec, "idempotent": idempotent, "group": group, "admin": admin}[SCENARIO]()
print("ok")
