"""Which operand sits still, and of which type results are."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from mirage_core import FormatCore
from mirage_core.learning.site import Site
from photonics.errors import InputError
from tests.mirage_core.helpers import gaussian


def at_site() -> tuple[Site, FormatCore]:
    core = FormatCore("fp32")
    return Site(core, "here", True), core


@pytest.mark.parametrize("turned", [False, True])
def test_a_weight_sits_still(turned: bool) -> None:
    site, core = at_site()
    weight = nn.Parameter(gaussian(4, 5))
    y = site.matmul(gaussian(5, 4), weight.T.T) if turned else site.matmul(weight, gaussian(5, 3))
    y.sum().backward()
    assert set(core.ledger.kinds) == {"forward", "dw"}


def test_a_matrix_that_meets_a_stack_sits_still() -> None:
    site, core = at_site()
    site.matmul(gaussian(3, 4, 5), gaussian(5, 6))
    assert core.ledger.kinds["forward"].gemms == 1
    site.matmul(gaussian(3, 4, 5), gaussian(3, 5, 6))
    assert core.ledger.kinds["forward"].gemms == 4


def test_results_are_of_the_type_of_the_operands_but_in_autocast() -> None:
    site, _ = at_site()
    a = gaussian(4, 5).bfloat16()
    assert site.matmul(a, a.T).dtype == torch.bfloat16
    assert site.fp32_matmul(a, a.T).dtype == torch.float32
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert site.matmul(a, a.T).dtype == torch.float32


def test_what_does_not_fit_is_refused() -> None:
    site, _ = at_site()
    with pytest.raises(InputError, match=r"here: input = .* must be 5 long"):
        site.rows(gaussian(4, 5), gaussian(2, 4))
    with pytest.raises(InputError, match="5 columns meet 4 rows"):
        site.matmul(gaussian(4, 5), gaussian(4, 5))
