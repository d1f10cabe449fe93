"""Options that commands which train share."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.testing import CliRunner

from studies.cli.recipe_options import with_recipe
from studies.training_plan import TrainingPlan, plan_as_typed
from tests.commands import invoke


def test_what_is_typed_of_a_recipe_is_given_by_name_and_the_rest_as_ever() -> None:
    seen: list[Any] = []
    app = typer.Typer(add_completion=False)

    @app.command()
    @with_recipe
    def command(
        given: dict[str, Any], extra: Annotated[int, typer.Option(help="of its own")] = 3
    ) -> None:
        """What it does."""
        seen.append((given, extra))

    typed = ["--lr", "0.5", "--set", "a=1", "--set", "b=2", "--extra", "4", "--on-light", "dx"]
    assert CliRunner().invoke(app, typed).exit_code == 0
    assert seen == [
        ({"learning_rate": 0.5, "overrides": ["a=1", "b=2"], "on_light": "dx"}, 4),
    ]
    shown = CliRunner().invoke(app, ["--help"]).output
    assert "What it does." in shown
    assert "of its own" in shown


def test_every_option_is_a_field_of_a_plan() -> None:
    plan = TrainingPlan(
        **plan_as_typed({"bits": "3,4@0.5", "on_light": "forward,dx", "seed": 4}).plain
    )
    assert plan.precision is not None
    assert [(p.start, p.bits) for p in plan.precision.phases] == [(0.0, 3), (0.5, 4)]
    assert plan.products == {"*": {"dw": "fp32"}}
    assert plan.recipe.seed == 4
    assert plan_as_typed({"on_light": "forward,dx,dw"}).products == {}
    for command in ("train", "compare"):
        assert "--on-light" in invoke(command, "--help")
