"""Topics of the outside world: made, filled, and read to their end."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from rehearsal.play.kafka.broker import Broker

PARTITIONS = 2
_SECONDS = 30.0


def make(broker: Broker, *names: str) -> None:
    """Make the topics that are not there. Raises KafkaException."""
    admin = AdminClient({**broker.client_settings()})
    for made in admin.create_topics([NewTopic(name, PARTITIONS, 1) for name in names]).values():
        try:
            made.result(_SECONDS)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise


def send(broker: Broker, topic: str, records: Iterable[tuple[str, str]]) -> int:
    """Send keys and values; how many the broker has acknowledged. Raises KafkaException."""
    failed: list[KafkaError] = []

    def delivered(error: KafkaError | None, _: Message) -> None:
        failed.extend([error] if error else [])

    producer, count = Producer({**broker.client_settings(), "enable.idempotence": True, "linger.ms": 5}), 0
    for key, value in records:
        count += 1
        while True:
            try:
                producer.produce(topic, value, key, on_delivery=delivered)
                break
            except BufferError:
                producer.poll(1)
    left = producer.flush(_SECONDS)
    if failed or left:
        raise KafkaException(failed[0] if failed else KafkaError(KafkaError._TIMED_OUT))
    return count


def read(broker: Broker, topic: str) -> Iterator[tuple[str, str]]:
    """All keys and values that the topic has now. Raises KafkaException."""
    consumer = Consumer(
        {**broker.client_settings(), "group.id": "nobody", "enable.auto.commit": False, "enable.partition.eof": True}
    )
    try:
        partitions = consumer.list_topics(topic, _SECONDS).topics[topic].partitions
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        open_partitions = len(partitions)
        while open_partitions:
            message = consumer.poll(_SECONDS)
            if message is None:
                raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
            error = message.error()
            if error is None:
                yield (message.key() or b"").decode(), (message.value() or b"").decode()
            elif error.code() == KafkaError._PARTITION_EOF:
                open_partitions -= 1
            else:
                raise KafkaException(error)
    finally:
        consumer.close()
