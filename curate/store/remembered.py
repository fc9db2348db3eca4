"""Answers that stay true until the next commit."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

from curate.store.database import Database

Answer = TypeVar("Answer")
KEPT = 64


class Remembered:
    """Keeps the latest answers for as long as `Database.version` stays the same.

    A page runs again at every click, and most clicks change nothing on disk. Answers are shared: don't change them.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._answers: OrderedDict[Hashable, object] = OrderedDict()
        self._version = -1
        self._lock = threading.Lock()

    def get(self, question: Hashable, answer: Callable[[], Answer]) -> Answer:
        """Return the answer to `question`, asking `answer` when it isn't known for the present version."""
        version = self._database.version
        with self._lock:
            if self._version != version:
                self._answers.clear()
                self._version = version
            if question in self._answers:
                self._answers.move_to_end(question)
                return cast(Answer, self._answers[question])
        found = answer()
        with self._lock:
            if self._version == version == self._database.version:
                self._answers[question] = found
                if len(self._answers) > KEPT:
                    self._answers.popitem(last=False)
        return found
