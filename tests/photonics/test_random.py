"""The random numbers: known answers, independence of order, of neighbours and of each other."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import chi2, kstest

from photonics.errors import InputError
from photonics.random import NoiseKey, bits_at, uniform_at
from tests.tolerance import assert_mean, assert_uncorrelated, assert_variance, holm_rejections

MASK = (1 << 64) - 1
# Random123's known answers for Philox4x64-10: (counter, key, words).
KNOWN = [
    (
        (0, 0, 0, 0),
        (0, 0),
        (0x16554D9ECA36314C, 0xDB20FE9D672D0FDC, 0xD7E772CEE186176B, 0x7E68B68AEC7BA23B),
    ),
    (
        (MASK, MASK, MASK, MASK),
        (MASK, MASK),
        (0x87B092C3013FE90B, 0x438C3C67BE8D0224, 0x9CC7D7C69CD777B6, 0xA09CAEBF594F0BA0),
    ),
    (
        (0x243F6A8885A308D3, 0x13198A2E03707344, 0xA4093822299F31D0, 0x082EFA98EC4E6C89),
        (0x452821E638D01377, 0xBE5466CF34E90C6C),
        (0xA528F45403E61D95, 0x38C72DBD566E9788, 0xA5A1610E72FD18B5, 0x57BD43B5E52B7FE6),
    ),
]


def philox4x64(counter, key, rounds=10):
    """Philox4x64 by its definition in Salmon et al., SC 2011, in plain integers."""
    c, k = list(counter), list(key)
    for _ in range(rounds):
        left, right = 0xD2E7470EE14C6C93 * c[0], 0xCA5A826395121157 * c[2]
        c = [
            (right >> 64) ^ c[1] ^ k[0],
            right & MASK,
            (left >> 64) ^ c[3] ^ k[1],
            left & MASK,
        ]
        k = [(k[0] + 0x9E3779B97F4A7C15) & MASK, (k[1] + 0xBB67AE8584CAA73B) & MASK]
    return tuple(c)


def words_by_definition(key, start, count):
    found = []
    for index in range(start, start + count):
        block, word = divmod(index, 4)
        counter = tuple((block >> (64 * i)) & MASK for i in range(4))
        found.append(philox4x64(counter, key.words)[word])
    return np.array(found, dtype=np.uint64)


@pytest.mark.parametrize(("counter", "key", "words"), KNOWN)
def test_the_definition_in_this_test_gives_the_published_words(counter, key, words):
    assert philox4x64(counter, key) == words


def test_the_stream_of_key_zero_starts_with_the_published_words():
    zero = NoiseKey(bytes(16))
    assert tuple(int(w) for w in zero.bits(0, 4)) == KNOWN[0][2]


@pytest.mark.parametrize("start", [0, 1, 2, 3, 4, 7, 1000, (1 << 34) + 5, (1 << 66) + 2])
def test_the_stream_is_philox_word_by_word(start):
    key = NoiseKey.from_seed(7).fold("layer", 3)
    np.testing.assert_array_equal(key.bits(start, 13), words_by_definition(key, start, 13))


def test_a_draw_depends_on_its_index_alone():
    key = NoiseKey.from_seed(3)
    for draw in (key.normal, key.uniform, lambda s, n: key.normal_pairs(s, n)[1]):
        whole = draw(0, 1001)
        pieces = [draw(start, min(37, 1001 - start)) for start in range(0, 1001, 37)]
        assert torch.equal(torch.cat(pieces), whole)
        backwards = [draw(index, 1) for index in range(60, 40, -1)]
        assert torch.equal(torch.cat(backwards[::-1]), whole[41:61])


def test_scattered_draws_are_those_of_the_streams():
    keys = [NoiseKey.from_seed(3), NoiseKey.from_seed(3).fold("laser"), NoiseKey.from_seed(4)]
    order = torch.randperm(900, generator=torch.Generator().manual_seed(0))
    stream, index = order % 3, order // 3
    for scattered, whole in (
        (uniform_at(keys, stream, index), [key.uniform(0, 300) for key in keys]),
    ):
        assert torch.equal(scattered, torch.stack(whole)[stream, index])
    far = torch.tensor([(1 << 34) + 5, (1 << 60) + 2])
    expected = np.concatenate([words_by_definition(keys[1], int(i), 1) for i in far])
    found = bits_at(keys, torch.tensor([1, 1]), far).numpy().view(np.uint64)
    np.testing.assert_array_equal(found, expected)


def test_precision_changes_the_rounding_not_the_draw():
    key = NoiseKey.from_seed(4)
    for coarse, fine in zip(
        key.normal_pairs(5, 2000),
        key.normal_pairs(5, 2000, torch.float64),
        strict=True,
    ):
        assert coarse.dtype == torch.float32
        assert fine.dtype == torch.float64
        assert torch.allclose(coarse.double(), fine, atol=3e-6, rtol=0)


def test_normals_are_normal():
    first, second = NoiseKey.from_seed(11).normal_pairs(0, 200_000, torch.float64)
    for sample in (first.numpy(), second.numpy()):
        assert_mean(sample, 0.0, 1.0)
        assert_variance(sample, 1.0)
        assert_mean(sample**3, 0.0, math.sqrt(15.0))
        assert_mean(sample**4, 3.0, math.sqrt(105.0 - 9.0))
        assert kstest(sample, "norm").pvalue > 1e-5
    assert_uncorrelated(first, second)
    assert_uncorrelated(first**2, second**2)


def test_normals_reach_into_the_tail():
    # Two-sided beyond 4: 6.33e-5 of the draws; 127 are expected of two million.
    first, second = NoiseKey.from_seed(12).normal_pairs(0, 1_000_000)
    beyond = int((first.abs() > 4).sum() + (second.abs() > 4).sum())
    expected = 2e6 * math.erfc(4 / math.sqrt(2))
    assert abs(beyond - expected) < 5 * math.sqrt(expected)
    assert float(torch.maximum(first.abs().max(), second.abs().max())) < 6.9


def test_uniforms_are_uniform_and_never_reach_the_ends():
    sample = NoiseKey.from_seed(13).uniform(0, 200_000).numpy()
    assert sample.min() > 0.0
    assert sample.max() < 1.0
    assert_mean(sample, 0.5, math.sqrt(1 / 12))
    assert kstest(sample, "uniform").pvalue > 1e-5


def neighbours():
    """Keys that differ as little as keys can."""
    seeds = [NoiseKey.from_seed(seed) for seed in (0, 1, 2, 3, 1 << 32, (1 << 64) - 1)]
    paths = [seeds[0].fold(*path) for path in [(0,), (1,), ("0",), (0, 0), (0, 1), (1, 0), ("01",)]]
    return seeds + paths


def test_neighbouring_seeds_and_paths_share_nothing():
    keys = neighbours()
    assert len({key.digest for key in keys}) == len(keys)
    streams = [set(key.bits(0, 4000).tolist()) for key in keys]
    assert len(set.union(*streams)) == sum(map(len, streams))


def test_neighbouring_seeds_and_paths_are_uncorrelated():
    samples = [key.normal(0, 20_000) for key in neighbours()]
    for index, one in enumerate(samples):
        for other in samples[:index]:
            assert_uncorrelated(one, other)


def test_one_stream_is_uncorrelated_with_itself_shifted():
    sample = NoiseKey.from_seed(21).normal(0, 100_000)
    for lag in (1, 2, 3, 4, 8, 64):
        assert_uncorrelated(sample[:-lag], sample[lag:])


def dispersion_p_value(counts, mean, variance):
    """Two-sided p-value that sums over streams spread as independent draws do."""
    freedom = counts.size - 1
    statistic = float(((counts - counts.mean()) ** 2).sum() / variance)
    tail = float(chi2.sf(statistic, freedom))
    return min(1.0, 2 * min(tail, 1 - tail))


def test_counts_over_seeds_and_tiles_are_not_over_dispersed():
    # A stream keyed by seed XOR tile permutes one set of streams among the tiles of neighbouring
    # seeds: each mean looks right, the totals of a run over seeds do not spread as they should.
    seeds, tiles, draws, threshold = 64, 16, 512, 0.5
    rate = math.erfc(threshold / math.sqrt(2))
    counts = np.array(
        [
            [
                int((NoiseKey.from_seed(seed).fold(tile).normal(0, draws).abs() > threshold).sum())
                for tile in range(tiles)
            ]
            for seed in range(seeds)
        ]
    )
    total_variance = draws * rate * (1 - rate)
    assert_mean(counts, draws * rate, math.sqrt(total_variance))
    p_values = [
        dispersion_p_value(counts.ravel(), draws * rate, total_variance),
        dispersion_p_value(counts.sum(1), tiles * draws * rate, tiles * total_variance),
        dispersion_p_value(counts.sum(0), seeds * draws * rate, seeds * total_variance),
    ]
    assert holm_rejections(p_values) == []


def test_the_dispersion_check_sees_the_fault_it_is_for():
    # The faulty keying: all seeds below 64 use the same 64 streams, in another order.
    counts = np.array(
        [
            [
                int((NoiseKey.from_seed(seed ^ tile).normal(0, 512).abs() > 0.5).sum())
                for tile in range(64)
            ]
            for seed in range(64)
        ]
    )
    rate = math.erfc(0.5 / math.sqrt(2))
    variance = 512 * rate * (1 - rate)
    p_value = dispersion_p_value(counts.sum(1), 64 * 512 * rate, 64 * variance)
    assert p_value < 1e-6


def test_folding_is_a_path():
    key = NoiseKey.from_seed(0)
    assert key.fold("a", 2) == key.fold("a").fold(2)
    assert key.fold("a", "b") != key.fold("b", "a")
    assert key.fold(1) != key.fold("1")


@pytest.mark.parametrize("seed", [1.0, "1", None, True])
def test_a_seed_is_an_integer(seed):
    with pytest.raises(InputError, match="seed"):
        NoiseKey.from_seed(seed)
