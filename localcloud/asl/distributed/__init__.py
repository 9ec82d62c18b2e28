"""Distributed Map: items read from the input or from S3, each (or each batch) in a child execution of its own."""

from __future__ import annotations
