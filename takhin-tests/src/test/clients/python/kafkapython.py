"""kafka-python against a broker: kafkapython.py BOOTSTRAP SCENARIO NAME [CODEC]"""
import sys
import time

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic
from kafka.structs import OffsetAndMetadata

BOOTSTRAP, SCENARIO, NAME = sys.argv[1:4]
COUNT = 200


def produce(count, **settings):
    producer = KafkaProducer(bootstrap_servers=BOOTSTRAP, acks="all", **settings)
    sent = [
        producer.send(
            NAME,
            key=f"key-{i}".encode(),
            value=f"value-{i}".encode(),
            headers=[("number", str(i).encode())],
        )
        for i in range(count)
    ]
    producer.flush(30)
    for future in sent:
        future.get(10)
    producer.close()


def consumer(**settings):
    return KafkaConsumer(bootstrap_servers=BOOTSTRAP, auto_offset_reset="earliest", **settings)


def read(reader, count, within=30):
    records, end = [], time.monotonic() + within
    while len(records) < count and time.monotonic() < end:
        for batch in reader.poll(timeout_ms=500).values():
            records.extend(batch)
    assert len(records) == count, f"{len(records)} records instead of {count}"
    return records


def codec():
    name = sys.argv[4]
    produce(COUNT, compression_type=None if name == "none" else name, linger_ms=20)
    reader = consumer(group_id=NAME)
    reader.subscribe([NAME])
    values = {r.key.decode(): (r.value.decode(), r.headers) for r in read(reader, COUNT)}
    reader.close()
    for i in range(COUNT):
        value, headers = values[f"key-{i}"]
        assert value == f"value-{i}" and list(headers) == [("number", str(i).encode())], headers


def group():
    admin_client = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    admin_client.create_topics([NewTopic(NAME, num_partitions=4, replication_factor=1)])
    first = consumer(group_id=NAME, enable_auto_commit=False)
    first.subscribe([NAME])
    end = time.monotonic() + 40
    while len(first.assignment()) != 4:
        assert time.monotonic() < end, first.assignment()
        first.poll(timeout_ms=100)
    partition = TopicPartition(NAME, 0)
    first.commit({partition: OffsetAndMetadata(7, "note", -1)})
    first.close()
    second = consumer(group_id=NAME, enable_auto_commit=False)
    second.subscribe([NAME])
    while len(second.assignment()) != 4:
        assert time.monotonic() < end, second.assignment()
        second.poll(timeout_ms=100)
    assert second.committed(partition) == 7
    second.close()
    admin_client.close()


def admin():
    client = KafkaAdminClient(bootstrap_servers=BOOTSTRAP)
    client.create_topics([NewTopic(NAME, num_partitions=3, replication_factor=1)])
    assert NAME in client.list_topics()
    client.delete_topics([NAME])
    end = time.monotonic() + 20
    while NAME in client.list_topics():
        assert time.monotonic() < end, "the topic is still listed"
    client.close()


{"codec": codec, "group": group, "admin": admin}[SCENARIO]()
print("ok")
