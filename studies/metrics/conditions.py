"""How a point of a study is looked at: with which data, on how many rows, calibrated by whom."""

from __future__ import annotations

from typing import Literal

from devices.parameters.base import Parameters, quantity

Streamed = Literal["forward", "dx", "dw", "uniform"]


class Conditions(Parameters):
    """What is the same for all metrics of a point.

    The chip that is looked at has one unit and a few rows: a row's errors do not depend on how many
    others there are, heat of neighbours aside.  Powers and areas are those of the whole machine.
    """

    rows: int = quantity(4, "rows of the chip that is looked at", source="choice", ge=1, le=4096)
    vectors: int = quantity(
        200, "streamed vectors that rates are averaged over", source="choice", ge=1, le=1_000_000
    )
    data: str = quantity("digits", "data set that a network learns meanwhile", source="choice")
    streamed: Streamed = quantity(
        "forward",
        "what is streamed: inputs or gradients of a network that learns, or uniform integers",
        source="choice",
    )
    controller: Literal["own", "oracle"] = quantity(
        "own",
        "who calibrates: the machine's own controller by its readings, or one that knows the truth "
        "and leaves residual_rad",
        source="choice",
    )
    residual_rad: float = quantity(
        1.6e-3,
        "rms phase error per digit that the oracle leaves",
        source="allowed by 33 levels",
        ge=0,
        le=1,
    )
    residual_drive: float = quantity(
        5e-5, "rms relative error per drive that the oracle leaves", source="choice", ge=0, le=1
    )
    target_error_rate: float = quantity(
        1e-6, "symbol error rate that has to be met", source="choice", gt=1e-15, lt=1
    )  # rates are worked out down to 1e-15
    fidelity: Literal["compact", "field", "integer"] = quantity(
        "compact", "of what is counted and trained", source="choice"
    )
    network: Literal[
        "alexnet", "resnet18", "resnet50", "vgg16", "mobilenetv2", "yolov2", "transformer"
    ] = quantity("resnet18", "network of full size that is priced", source="choice")
    batch: int = quantity(
        256, "samples of a training step that is priced", source="as the paper", ge=1, le=65536
    )
    depth: int = quantity(
        256, "length of the contracted axis of products", source="choice", ge=1, le=1_000_000
    )
