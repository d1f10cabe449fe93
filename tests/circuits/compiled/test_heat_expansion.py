"""Sums over the neighbours of heaters, and the log of a digit's field to second order."""

from __future__ import annotations

import torch

from circuits.compiled.heat_expansion import HeatExpansion, Taps

ROWS, PLACES = 5, 7


def test_neighbours_are_those_of_a_convolution() -> None:
    generator = torch.Generator().manual_seed(0)
    kernel = torch.randn(3, 2, 3, 5, generator=generator)
    to, source, y, x = (kernel != 0.0).nonzero().unbind(1)
    place = torch.stack((to, source, y - 1, x - 2), 1).to(torch.int32)
    given = torch.randn(4, 2, ROWS, PLACES, generator=generator)
    unit = torch.zeros(4, dtype=torch.int64)
    expected = torch.nn.functional.conv2d(given, kernel, padding=(1, 2))
    found = Taps(place, kernel.flatten()).of(given, 3, unit)
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)
    # The same at all places, told place by place.
    weight = kernel.flatten().to(torch.bfloat16)
    each = weight.view(1, -1, 1, 1).expand(1, -1, ROWS, PLACES)
    alike = Taps(place, weight.float()).of(given, 3, unit)
    assert torch.equal(Taps(place, each).of(given, 3, unit), alike)


def test_an_array_narrower_than_the_reach_of_heat_has_no_other_neighbours() -> None:
    generator = torch.Generator().manual_seed(0)
    kernel = torch.randn(3, 2, 5, 9, generator=generator)
    to, source, y, x = (kernel != 0.0).nonzero().unbind(1)
    taps = Taps(torch.stack((to, source, y - 2, x - 4), 1).to(torch.int32), kernel.flatten())
    small = torch.randn(2, 2, 1, 3, generator=generator)
    unit = torch.zeros(2, dtype=torch.int64)
    # The same array amid heaters at rest.
    wide = torch.nn.functional.pad(small, (4, 4, 2, 2))
    assert torch.equal(taps.of(small, 3, unit), taps.of(wide, 3, unit)[..., 2:3, 4:7])


def test_the_field_grows_as_its_paths_do() -> None:
    """A digit whose light parts: the log of its field over that of the cold one, worked out."""
    generator = torch.Generator().manual_seed(1)
    size, digits = 200, 3

    def small(*shape: int) -> torch.Tensor:
        return 0.01 * torch.randn(*shape, generator=generator)

    share, slopes, curves = small(size, 2, digits), small(size, 2, 2, 2, digits), small(2, 2, 2, 2)
    share[:, 0] += 0.9
    slopes, curves = 50.0 * slopes, 50.0 * curves
    phase, move = small(size, digits), small(size, 2, digits)
    none = torch.empty(0)
    of = HeatExpansion(
        5, (1, 1, 1), digits, none, None, None, None, 0, 0.0, none, curves, none, (1.0,) * 3
    )
    real, imaginary = of._log_change(1, slopes, share, phase, move)
    p = torch.view_as_complex(slopes.movedim(3, -1).double().contiguous())
    at_rest, tilt = torch.view_as_complex(curves[1].double()).unbind(1)
    q = at_rest[:, None, None] + tilt[:, None, None] * p
    alpha = torch.view_as_complex(share.movedim(1, -1).double().contiguous())
    m = move.double().unsqueeze(1)
    paths = (1.0 + p * m + q * m.square()).prod(2)
    turned = torch.polar(torch.ones_like(phase.double()), phase.double())
    exact = (alpha * paths[:, 0] * turned + (1.0 - alpha) * paths[:, 1]).log()
    # What is left out is of third order.
    off = torch.maximum((exact.real - real).abs(), (exact.imag - imaginary).abs())
    grown = p.abs() * m.abs() + q.abs() * m.square()
    size = phase.double().abs() + grown.sum(2).amax(1)
    assert bool((off < size**3 + 1e-7).all())
    # What is kept is of the second.
    assert float((exact - 1j * alpha * phase.double()).abs().max()) > 100 * float(off.max())
