"""Words of readouts: published vectors, one layout however they are asked for, a normal law."""

import math

import pytest
import torch
from scipy import integrate, optimize, stats

from photonics.errors import InputError
from photonics.random import NoiseKey
from photonics.readout_words import (
    LARGEST_RADIUS,
    ReadoutStreams,
    StreamWords,
    _normals,
    leading_bytes,
    leading_bytes_at,
    readout_normals,
    require_countable,
    row_quads,
    symbol_normals,
)

KEY = NoiseKey.from_seed(5)


def words(*numbers: int) -> tuple[torch.Tensor, ...]:
    return tuple(torch.tensor(n) for n in numbers)


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        (
            (0xFFFFFFFF,) * 4,
            (0xFFFFFFFF,) * 2,
            (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD),
        ),
        (
            (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
            (0xA4093822, 0x299F31D0),
            (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
        ),
    ],
)
def test_blocks_are_those_of_the_published_generator(counter, key, expected) -> None:
    # Known answers that Salmon et al. publish with their generators.
    stream = StreamWords(words(*key), words(*counter[2:]))
    found = stream.blocks(*words(*counter[:2]))
    assert tuple(int(w) for w in found) == expected


def test_streams_of_a_key_start_apart() -> None:
    stream = StreamWords.of(KEY, 5, 2)
    first, second = KEY.words
    assert [int(x) for x in stream.key] == [first & 0xFFFF_FFFF, first >> 32]
    assert int(stream.counter[0]) == (second + 5) & 0xFFFF_FFFF
    assert int(stream.counter[1]) == ((second >> 32) + 2) & 0xFFFF_FFFF


def test_a_readout_has_the_same_word_however_it_is_asked_for() -> None:
    streams, rows, tiles = ReadoutStreams.of(KEY), 6, torch.tensor([0, 4, 1])
    whole = leading_bytes(streams, torch.arange(40), tiles, rows)
    for start, stop in ((0, 1), (3, 6), (5, 40)):
        part = leading_bytes(streams, torch.arange(start, stop), tiles, rows)
        assert torch.equal(part, whole[start:stop])
    vector, place, row = torch.tensor([39, 17, 2]), torch.tensor([2, 0, 1]), torch.tensor([5, 3, 0])
    single = leading_bytes_at(streams, vector, tiles[place], row, rows)
    assert torch.equal(single, whole[vector, place, row].long())
    normals = readout_normals(streams, single, vector, tiles[place], row, rows)
    for i in range(3):
        alone = readout_normals(streams, single[i], vector[i], tiles[place][i], row[i], rows)
        assert [float(x) for x in alone] == [float(x[i]) for x in normals]


def test_no_two_readouts_share_a_block() -> None:
    keys = (KEY, 0), (KEY, 1), (KEY.fold(1), 0)
    first, second = torch.arange(50)[:, None], torch.arange(40)[None]
    seen = [
        torch.stack(stream.blocks(first, second), -1).view(-1, 4)
        for key, attempt in keys
        for stream in ReadoutStreams.of(key, attempt)
    ]
    every = torch.cat(seen)
    assert len(every.unique(dim=0)) == len(every)


def test_leading_bytes_are_even_and_normals_follow_their_law() -> None:
    streams = ReadoutStreams.of(KEY)
    vector, rows = torch.arange(6000), 32
    lead = leading_bytes(streams, vector, torch.tensor([0]), rows)
    counts = torch.bincount(lead.flatten(), minlength=256)
    assert stats.chisquare(counts.numpy()).pvalue > 1e-3
    first, second = readout_normals(
        streams, lead, vector[:, None, None], torch.tensor(0), torch.arange(rows), rows
    )
    for x in (first, second):
        assert stats.kstest(x.flatten().numpy(), "norm").pvalue > 1e-3
    assert (
        stats.kstest(torch.atan2(second, first).flatten() / math.pi, "uniform", (-1, 2)).pvalue
        > 1e-3
    )
    # The leading byte alone bounds the radius on both sides.
    radius = torch.hypot(first, second)
    low, high = (torch.sqrt(-2.0 * torch.log((lead.double() + n) / 256.0)) for n in (1, 0))
    assert bool((radius >= low - 1e-12).all())
    assert bool((radius <= high + 1e-12).all())
    shared = symbol_normals(streams.laser, torch.arange(100_000), torch.tensor(3))
    assert stats.kstest(shared[0].numpy(), "norm").pvalue > 1e-3


@pytest.mark.parametrize(("rate", "bits"), [(1e-9, 24), (1e-12, 34)])
def test_rare_errors_are_as_rare_as_they_should_be(rate: float, bits: int) -> None:
    """Of 33 phases: words whose first bits are 0 hold all errors, and are drawn alone.

    The rate is that of phase shift keying (Craig, MILCOM 1991): a point of amplitude a over the
    rms of a quadrature errs with P = 1/π ∫ exp(-a² sin²(π/m) / (2 sin² θ)) dθ, θ to π - π/m.
    """
    edge = math.pi / 33

    def law(amplitude: float) -> float:
        square = (amplitude * math.sin(edge)) ** 2 / 2.0
        return float(
            integrate.quad(
                lambda t: math.exp(-square / math.sin(t) ** 2), 0.0, math.pi - edge, epsabs=1e-16
            )[0]
            / math.pi
        )

    amplitude = float(optimize.brentq(lambda a: math.log(law(a) / rate), 50.0, 100.0))
    # Words in which the first bits are 0 have radii above this, and errors only larger ones.
    assert math.sqrt(2.0 * bits * math.log(2.0)) < amplitude * math.sin(edge)
    count = 400_000
    key = KEY.fold("tail", bits)
    first, second, third = ((key.fold(n).uniform(0, count) * 2.0**32).long() for n in range(3))
    first = first >> min(bits - 8, 32)
    second = second >> max(bits - 40, 0)
    zero = torch.zeros_like(first)
    found = _normals(zero, first, second, third)
    wrong = torch.atan2(found[1], amplitude + found[0]).abs() > edge
    expected = rate * 2.0**bits
    assert float(wrong.double().mean()) == pytest.approx(
        expected, abs=4.0 * math.sqrt(expected / count)
    )
    assert int(wrong.sum()) > 400


def test_the_radius_ends_where_it_says() -> None:
    zero, most = torch.tensor([0]), torch.tensor([0xFFFF_FFFF])
    longest = torch.hypot(*_normals(zero, zero, zero, zero))
    assert float(longest) == pytest.approx(LARGEST_RADIUS, rel=1e-12)
    assert LARGEST_RADIUS > 9.4
    shortest = torch.hypot(*_normals(torch.tensor([255]), most, most, zero))
    assert float(shortest) == pytest.approx(0.0, abs=1e-7)


def test_what_cannot_be_counted_is_refused() -> None:
    require_countable(1 << 31, 1 << 20, 32)
    with pytest.raises(InputError, match="vectors"):
        require_countable(1 << 32, 1, 32)
    with pytest.raises(InputError, match="rows of all tiles"):
        require_countable(1, 1 << 28, 32)
    assert [row_quads(rows) for rows in (1, 4, 5, 32)] == [1, 1, 2, 8]
