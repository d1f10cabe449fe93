"""Tasks by name."""

from __future__ import annotations

from mirage_core.data.dataset import TaskName
from mirage_core.training.tasks.base import Task
from mirage_core.training.tasks.classification import Classification
from mirage_core.training.tasks.detection import Detection
from mirage_core.training.tasks.language import LanguageModel

TASKS: dict[TaskName, Task] = {
    "classification": Classification(),
    "detection": Detection(),
    "language": LanguageModel(),
}
