"""What happens inside moto that our services must hear of: objects, messages, records, and settings that it forgets.

Each function takes hold of moto's classes, which belong to the process, and returns how to let go.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from flask import has_request_context, request
from moto.awslambda.models import LambdaFunction
from moto.dynamodb.models.table import StreamShard
from moto.kinesis.models import KinesisBackend, Stream
from moto.s3 import notifications
from moto.s3.models import S3Backend
from moto.sqs.models import Queue, SQSBackend

Undo = Callable[[], None]

#: What stands in the query of a request whose S3 event this is. moto also sets the tags and the ACL of an object as
#: part of putting it, for which S3 sends one event alone.
_SUBRESOURCES = {"ObjectAcl": "acl", "ObjectTagging": "tagging"}


def on_object(hear: Callable[[Any, str, Any], None]) -> Undo:
    """Be told what happens to objects of buckets that notify EventBridge.

    Args:
        hear: gets moto's bucket, the name of the event ("ObjectCreated:Put") and moto's object or delete marker.
    """
    send, mark = notifications._send_event_bridge_message, S3Backend._set_delete_marker

    def sent(account_id: str, bucket: Any, event_name: str, key: Any) -> None:
        name = getattr(event_name, "value", event_name).removeprefix("s3:")
        asked = _SUBRESOURCES.get(name.partition(":")[0])
        if asked is None or (has_request_context() and asked in request.args):
            hear(bucket, name, key)

    def marked(backend: S3Backend, bucket_name: str, key_name: str) -> Any:
        marker = mark(backend, bucket_name, key_name)
        bucket = backend.get_bucket(bucket_name)
        told = bucket.notification_configuration
        if told is not None and told.event_bridge is not None:
            hear(bucket, "ObjectRemoved:DeleteMarkerCreated", marker)
        return marker

    notifications._send_event_bridge_message = sent
    S3Backend._set_delete_marker = marked  # type: ignore[assignment, method-assign]

    def undo() -> None:
        notifications._send_event_bridge_message = send
        S3Backend._set_delete_marker = mark  # type: ignore[method-assign]

    return undo


def on_arrival(now: Callable[[], float], hear: Callable[[str], None]) -> Undo:
    """Be told what arrives in queues, Kinesis streams and DynamoDB's streams.

    Args:
        now: virtual time, which each message and record gets as `arrived`.
        hear: gets the ARN of the queue or stream, once for each call: what one call sends arrives together.
    """
    add_message, put_record, add_change = Queue.add_message, Stream.put_record, StreamShard.add
    send_batch, put_records = SQSBackend.send_message_batch, KinesisBackend.put_records
    held = threading.local()

    def tell(arn: str) -> None:
        if getattr(held, "arns", None) is None:
            hear(arn)
        else:
            held.arns[arn] = True

    def together(call: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **named: Any) -> Any:
            held.arns = {}
            try:
                return call(*args, **named)
            finally:
                arns, held.arns = held.arns, None
                for arn in arns:
                    hear(arn)

        return run

    def message_added(queue: Queue, message: Any) -> None:
        if not hasattr(message, "arrived"):  # one that moves to a dead-letter queue is as old as it was
            message.arrived = now()
        add_message(queue, message)
        tell(queue.queue_arn)

    def record_put(stream: Stream, *args: Any, **named: Any) -> tuple[str, str]:
        sequence_number, shard_id = put_record(stream, *args, **named)
        stream.shards[shard_id].records[int(sequence_number)].arrived = now()  # type: ignore[attr-defined]
        tell(stream.arn)
        return sequence_number, shard_id

    def change_added(shard: StreamShard, old: Any, new: Any) -> None:
        add_change(shard, old, new)
        shard.items[-1].arrived = now()  # type: ignore[attr-defined]
        tell(f"{shard.table.table_arn}/stream/{shard.table.latest_stream_label}")

    Queue.add_message = message_added  # type: ignore[assignment, method-assign]
    Stream.put_record = record_put  # type: ignore[assignment, method-assign]
    StreamShard.add = change_added  # type: ignore[assignment, method-assign]

    SQSBackend.send_message_batch = together(send_batch)  # type: ignore[method-assign]
    KinesisBackend.put_records = together(put_records)  # type: ignore[method-assign]

    def undo() -> None:
        SQSBackend.send_message_batch = send_batch  # type: ignore[method-assign]
        KinesisBackend.put_records = put_records  # type: ignore[method-assign]
        Queue.add_message, Stream.put_record = add_message, put_record  # type: ignore[method-assign]
        StreamShard.add = add_change  # type: ignore[method-assign]

    return undo


def keep_dead_letter_configs() -> Undo:
    """Let functions keep their DeadLetterConfig, which moto drops: as the attribute `dead_letter_config`."""
    make, describe, update = (
        LambdaFunction.__init__,
        LambdaFunction.get_configuration,
        LambdaFunction.update_configuration,
    )

    def made(function: Any, *args: Any, **named: Any) -> None:
        make(function, *args, **named)
        spec = named["spec"] if "spec" in named else args[1]
        function.dead_letter_config = spec.get("DeadLetterConfig") or {}

    def described(function: Any, on_create: bool = False) -> dict[str, Any]:
        letters = getattr(function, "dead_letter_config", {})
        return describe(function, on_create) | ({"DeadLetterConfig": letters} if letters.get("TargetArn") else {})

    def updated(function: Any, changes: dict[str, Any]) -> dict[str, Any]:
        if "DeadLetterConfig" in changes:
            function.dead_letter_config = changes["DeadLetterConfig"] or {}
        return update(function, changes)

    LambdaFunction.__init__ = made  # type: ignore[assignment, method-assign]
    LambdaFunction.get_configuration = described  # type: ignore[assignment, method-assign]
    LambdaFunction.update_configuration = updated  # type: ignore[assignment, method-assign]

    def undo() -> None:
        LambdaFunction.__init__ = make  # type: ignore[method-assign]
        LambdaFunction.get_configuration = describe  # type: ignore[method-assign]
        LambdaFunction.update_configuration = update  # type: ignore[method-assign]

    return undo
