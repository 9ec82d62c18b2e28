"""Imported by scripts beside `encoders` and `worker`; what it does in the images, the local cloud does outside."""
