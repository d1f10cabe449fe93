"""What a study is: a question, axes, metrics, replicas, and how its answer is drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from photonics.checks import shown, whole_number
from photonics.errors import InputError
from photonics.random import seed_number
from studies.metrics.registry import Metric, metric_of, metrics, nearest_of
from studies.runner.attempts import Direction
from studies.runner.axes import MOST_POINTS, Axis, Span, axis, is_number
from studies.runner.digest import digest, source_text
from studies.runner.plan import ADAPTIVE, SAMPLERS, Point, points

if TYPE_CHECKING:
    from studies.report.answer import Answer
    from studies.runner.table import Table

Changes = Callable[[Point], Mapping[str, Any]]
_BOUNDS = ("<=", ">=")
LAST_SEED = (1 << 63) - 1
"""Of the last replica, as tables of results hold numbers."""
_TABLES = ("axes", "cases", "set", "objectives", "constraints", "quick")


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A figure that needs no code: one metric against one axis.

    Attributes:
        x: axis.
        y: metric.
        lines: axis that tells lines apart; none for one line.
        log_x: whether x is drawn by its logarithm.
        log_y: the same of y.
        target: value of y; the answer says at which x it is met, chip by chip.
    """

    x: str
    y: str
    lines: str | None = None
    log_x: bool = False
    log_y: bool = False
    target: float | None = None


@dataclass(frozen=True, kw_only=True)
class Study:
    """A question to a machine.

    Attributes:
        question: in one sentence.
        axes: what is varied, by dotted name of a machine (``laser.power_w``), of how it is looked
            at (``conditions.rows``), of a training recipe (``recipe.epochs``), or ``machine`` for
            presets; a label of choices sets several of these.
        metrics: names of what is measured; a study in Python may give its own metrics instead.
        sampler: ``grid``, ``random``, ``qmc``, ``morris``, ``saltelli``, ``tpe`` or ``nsga2``.
        points: how many, for samplers other than grids; see :func:`studies.runner.plan.points`.
        cases: axes of which every combination is looked at, whatever the sampler.
        machine: preset or file that is changed.
        set: changes of it that hold for all points; ``conditions.`` and ``recipe.`` too.
        replicas: chips and noises at every point; replica r takes seeds ``seed + r`` at all of
            them, so that points are compared chip by chip.
        seed: of all.
        same_chip: whether all replicas are looked at on the machine's own chip, so that they differ
            in noise alone; for metrics that ask for no other one.
        objectives: what adaptive samplers look for: metric and ``minimize`` or ``maximize``.
        constraints: bounds on metrics that adaptive samplers keep to, ``"<= 1e-6"``.
        changes: turns a point into values by dotted name, for axes that are no fields themselves.
        quick: fields of the study that are otherwise in its quick form.
        minutes: time that the full form takes on two cores, for those who ask before.
        drawing: a figure without code.
        answer: makes words, table and figures of the results.
        name: of the study.
        code: text of the file that it is from, without its answer; none for those of the package,
            whose versions are told by :func:`studies.runner.rows.made_by`.
        own: text of the modules beside that file from which it imports.
        settings: all that numbers depend on, by value of the one axis, as plain data; with it, a
            study that goes on may have more of these values, and more replicas.
    """

    question: str
    axes: Mapping[str, Any]
    metrics: Sequence[str | Metric]
    sampler: str = "grid"
    points: int = 0
    cases: Mapping[str, Any] = field(default_factory=dict)
    machine: str = "robust"
    set: Mapping[str, Any] = field(default_factory=dict)
    replicas: int = 1
    seed: int = 0
    same_chip: bool = False
    objectives: Mapping[str, Direction] = field(default_factory=dict)
    constraints: Mapping[str, str] = field(default_factory=dict)
    changes: Changes | None = None
    quick: Mapping[str, Any] = field(default_factory=dict)
    minutes: float | None = None
    drawing: Drawing | None = None
    answer: Callable[[Table], Answer] | None = None
    name: str = "study"
    code: str = ""
    own: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for where in _TABLES:
            given = getattr(self, where)
            if not isinstance(given, Mapping):
                raise InputError(where, shown(given), "must be a table of values by name")
        if not isinstance(self.machine, str):
            raise InputError("machine", shown(self.machine), "must be a preset, or a file")
        if not self.axes and not self.cases:
            raise InputError("axes", {}, "must name what is varied")
        if not isinstance(self.question, str) or not self.question.strip():
            raise InputError("question", shown(self.question), "must be a sentence")
        both = sorted(set(self.axes) & set(self.cases))
        if both:
            raise InputError(f"cases.{both[0]}", "an axis", "is an axis too", "leave one out")
        if self.sampler not in SAMPLERS:
            allowed = f"must be one of {', '.join(SAMPLERS)}"
            raise InputError("sampler", self.sampler, allowed, nearest_of(self.sampler, SAMPLERS))
        if self.minutes is not None and not isinstance(self.minutes, int | float):
            raise InputError("minutes", shown(self.minutes), "must be a number")
        whole_number("replicas", self.replicas, least=1, most=MOST_POINTS)
        seed_number("seed", self.seed)
        whole_number("seed", self.seed + self.replicas - 1, most=LAST_SEED)
        least = 0 if self.sampler == "grid" else 1
        whole_number("points", self.points, least=least, most=MOST_POINTS)
        if not self.axes and self.sampler != "grid":
            raise InputError("axes", {}, f"must name what {self.sampler} fills")
        self._check_metrics()
        combined = 1
        for each in (*self.case_axes, *self.design_axes):
            if self.sampler == "grid" or each in self.case_axes:
                combined *= len(each.grid)
        if combined > MOST_POINTS:
            raise InputError("axes", combined, f"must be at most {MOST_POINTS} combinations")
        if self.adaptive and self.cases:
            remedy = "make them axes, or choose another sampler"
            raise InputError(
                "cases", list(self.cases), "cannot be had with adaptive search", remedy
            )

    def _check_metrics(self) -> None:
        if not self.metrics or isinstance(self.metrics, str):
            raise InputError("metrics", shown(self.metrics), "must be a list of metrics")
        for each in self.metrics:
            if not isinstance(each, str | Metric):
                raise InputError("metrics", shown(each), "must be the name of a metric")
        known = self.known
        for name, direction in self.objectives.items():
            metric_of(name, known)
            if direction not in ("minimize", "maximize"):
                allowed = "must be minimize or maximize"
                raise InputError(f"objectives.{name}", direction, allowed)
        for name, bound in self.constraints.items():
            metric_of(name, known)
            bound_of(name, bound)
        if self.drawing is not None:
            self._check_drawing(self.drawing, known)

    def _check_drawing(self, drawing: Drawing, known: Mapping[str, Metric]) -> None:
        metric = metric_of(drawing.y, dict(known))
        for place, found in (("x", drawing.x), ("lines", drawing.lines)):
            if found is not None and found not in self.axis_names:
                near = nearest_of(found, self.axis_names)
                raise InputError(f"drawing.{place}", found, "must be an axis", near)
        for place in ("log_x", "log_y"):
            if not isinstance(getattr(drawing, place), bool):
                allowed = "must be true or false"
                raise InputError(f"drawing.{place}", getattr(drawing, place), allowed)
        target = drawing.target
        if target is None:
            return
        if not is_number(target):
            raise InputError("drawing.target", shown(target), "must be a finite number")
        if drawing.log_y and target <= 0:
            raise InputError("drawing.target", target, "must be above 0 where y is logarithmic")
        if metric.scale == "share":
            allowed = f"must be of a number of every chip; {metric.name} is a share of them"
            raise InputError("drawing.target", target, allowed, "take another y")
        (along,) = (a for a in (*self.case_axes, *self.design_axes) if a.name == drawing.x)
        values = () if isinstance(along, Span) else along.grid
        words = [value for value in values if not is_number(value)]
        if words:
            allowed = f"needs an x of numbers; {drawing.x} has {words[0]!r}"
            raise InputError("drawing.target", target, allowed, "leave it out")
        others = [name for name in self.axis_names if name not in (drawing.x, drawing.lines)]
        if others:
            allowed = f"needs lines along which {drawing.x} alone varies; {others[0]} does, too"
            remedy = f"draw lines of {others[0]}, or leave it out"
            raise InputError("drawing.target", target, allowed, remedy)

    @property
    def known(self) -> dict[str, Metric]:
        """The metrics of the study, by name.

        Raises:
            InputError: for an unknown one.
        """
        named = metrics() if any(isinstance(m, str) for m in self.metrics) else {}
        found = [metric_of(m, named) if isinstance(m, str) else m for m in self.metrics]
        return {m.name: m for m in found}

    @property
    def adaptive(self) -> bool:
        """Whether points follow from what was found before."""
        return self.sampler in ADAPTIVE

    @property
    def design_axes(self) -> list[Axis]:
        """What the sampler fills."""
        return [axis(name, given) for name, given in self.axes.items()]

    @property
    def case_axes(self) -> list[Axis]:
        """What is looked at in every combination."""
        return [axis(name, given) for name, given in self.cases.items()]

    @property
    def axis_names(self) -> list[str]:
        """Of all axes, cases first."""
        return [*self.cases, *self.axes]

    @property
    def directions(self) -> dict[str, Direction]:
        """Objectives; the first metric to be small where there are none."""
        return dict(self.objectives) or {next(iter(self.known)): "minimize"}

    def plan(self) -> list[Point]:
        """All points of a design that is known beforehand."""
        return points(self.sampler, self.case_axes, self.design_axes, self.points, self.seed)

    def values_at(self, point: Point) -> dict[str, Any]:
        """What a point sets, by dotted name, the study's own settings first."""
        found = dict(self.set)
        if self.changes is not None:
            return found | dict(self.changes(point))
        for each in (*self.case_axes, *self.design_axes):
            if each.name in point:
                found |= each.changes(point[each.name])
        return found

    def quickened(self) -> Study:
        """The study in its quick form."""
        return self.but(self.quick)

    def but(self, fields: Mapping[str, Any]) -> Study:
        """The study with other fields; tables are joined, all else is replaced.

        Raises:
            InputError: for what is no field, or cannot be.
        """
        known = set(type(self).__dataclass_fields__) - {"name", "quick", "code", "own", "settings"}
        for name in fields:
            if name not in known:
                raise InputError(
                    f"quick.{name}",
                    shown(fields[name]),
                    "no such field",
                    nearest_of(name, sorted(known)),
                )
        joined: dict[str, Any] = {
            name: {**getattr(self, name), **value} if name in ("set", "axes", "cases") else value
            for name, value in fields.items()
        }
        return replace(self, **joined)

    @property
    def digest(self) -> str:
        """What tells this study from others: all that its numbers depend on."""
        told: dict[str, Any] = {
            "axes": {a.name: a.plain() for a in self.design_axes},
            "cases": {a.name: a.plain() for a in self.case_axes},
            "metrics": [
                m if isinstance(m, str) else [m.name, source_text(m.of)] for m in self.metrics
            ],
            "changes": None if self.changes is None else source_text(self.changes),
        }
        same = (
            "name",
            "sampler",
            "points",
            "machine",
            "set",
            "replicas",
            "seed",
            "objectives",
            "constraints",
        )
        told |= {name: getattr(self, name) for name in same}
        if self.settings:
            told["settings"] = self.settings
        if self.code and (self.changes or any(isinstance(m, Metric) for m in self.metrics)):
            told["code"] = self.code
        if self.own:
            told["own"] = self.own
        return digest(told)


def bound_of(name: str, text: str) -> tuple[str, float]:
    """A bound as it is written, ``"<= 1e-6"``: its sign and its number.

    Raises:
        InputError: for anything else.
    """
    sign, number = str(text).strip()[:2], str(text).strip()[2:]
    try:
        bound = float(number)
    except ValueError:
        sign, bound = "", 0.0
    if sign not in _BOUNDS:
        raise InputError(f"constraints.{name}", text, 'must read "<= number" or ">= number"')
    return sign, bound
