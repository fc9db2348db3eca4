"""The queue of images to embed, in this process or on Redis."""

from curate.jobs.embedding_queue.service import EmbeddingQueueService

__all__ = ["EmbeddingQueueService"]
