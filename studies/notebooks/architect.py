"""For an architect: does the arithmetic hold, what does a set of moduli hold, what does it cost?"""

import marimo

app = marimo.App(width="medium", app_title="Mirage: arithmetic and cost")


@app.cell
def _():
    import marimo as mo
    import torch

    import mirage_core as mirage
    from circuits import ModularDotProduct
    from mirage_core.arithmetic.slips import cheapest_safe_sets, undetectable_slips
    from photonics.errors import InputError
    from photonics.random import NoiseKey
    from studies.accelerator.cost import CostOptions, price
    from studies.accelerator.workload import workload

    return (
        CostOptions,
        InputError,
        ModularDotProduct,
        NoiseKey,
        cheapest_safe_sets,
        mirage,
        mo,
        price,
        torch,
        undetectable_slips,
        workload,
    )


@app.cell
def _(mo):
    mo.md(
        """
        # Moduli and cost

        A modular multiplier turns light by x·w/m of a turn. Does every product come out right,
        which integers does a set of moduli hold, and what does a network take?
        """
    )
    return


@app.cell
def _(mo):
    modulus = mo.ui.slider(3, 40, value=33, label="Modulus", show_value=True, full_width=True)
    modulus
    return (modulus,)


@app.cell
def _(ModularDotProduct, NoiseKey, modulus, torch):
    # Every pair of residues through one multiplier, and a thousand rows of sixteen.
    _m = modulus.value
    _x, _w = torch.meshgrid(torch.arange(_m), torch.arange(_m), indexing="ij")
    _read = ModularDotProduct(modulus=_m, length=1).read(_x[..., None], _w[..., None])
    wrong_pairs = int((_read != _x * _w % _m).sum())
    _key = NoiseKey.from_seed(0)
    _a, _b = ((_key.fold(name).uniform(0, 16000) * _m).long().view(1000, 16) for name in ("x", "w"))
    _row = ModularDotProduct(modulus=_m, length=16).read(_a, _b)
    wrong_rows = int((_row != (_a * _b).sum(1) % _m).sum())
    return wrong_pairs, wrong_rows


@app.cell
def _(mo, modulus, wrong_pairs, wrong_rows):
    mo.md(
        f"""
        ## Against exact integers

        Fields of light through ideal parts, decided by the receiver:

        - all {modulus.value**2:,} products modulo {modulus.value}: **{wrong_pairs} wrong**
        - 1,000 dot products of 16: **{wrong_rows} wrong**

        `mirage verify` checks this and all else, with noise, against theory.
        """
    )
    return


@app.cell
def _(mo):
    written = mo.ui.text(value="31, 32, 33", label="Moduli")
    bits = mo.ui.slider(2, 8, value=4, label="Bits of a mantissa", show_value=True)
    group = mo.ui.slider(steps=[4, 8, 16, 32, 64], value=16, label="Group size", show_value=True)
    mo.hstack([written, bits, group], justify="start", wrap=True, gap=1.5)
    return bits, group, written


@app.cell
def _(InputError, bits, cheapest_safe_sets, group, mirage, mo, undetectable_slips, written):
    bfp = mirage.BfpFormat(mantissa_bits=bits.value, group_size=group.value)
    try:
        moduli = mirage.ModuliSet([int(word) for word in written.value.split(",")])
    except (InputError, ValueError) as _error:
        mo.stop(True, mo.callout(mo.md(f"**No set of moduli.** {_error}"), kind="warn"))
    held = moduli.range_of(bfp)
    blind = list(undetectable_slips(moduli, bfp))
    try:
        _safe = [", ".join(map(str, s.moduli)) for s in cheapest_safe_sets(bfp, count=3)]
    except InputError:
        _safe = []
    mo.md(
        f"""
        ## Range

        | | |
        |:---|---:|
        | integers that the moduli hold | ±{held.max_magnitude:,} |
        | largest dot product of the format | ±{bfp.max_dot:,} |
        | do they fit? | **{"yes" if held.fits else f"no, short by {held.shortfall:,}"}** |
        | slips of one residue that stay unseen | {", ".join(map(str, blind)) or "none"} |
        | cheapest sets in which none does | {"; ".join(_safe) or "none of moderate size"} |
        """
    )
    return bfp, blind, held, moduli


@app.cell
def _(mo):
    network = mo.ui.dropdown(
        ["alexnet", "resnet18", "vgg16", "mobilenetv2"], value="resnet18", label="Network"
    )
    batch = mo.ui.slider(steps=[1, 16, 64, 256], value=16, label="Samples", show_value=True)
    mo.hstack([network, batch], justify="start", wrap=True, gap=1.5)
    return batch, network


@app.cell
def _(CostOptions, batch, mirage, network, price, workload):
    # The paper's machine, from its own parts and by the prices that the paper prints.
    work = workload(network.value, batch.value)
    priced = price(mirage.load_machine("isca2024"), work, CostOptions())
    return priced, work


@app.cell
def _(mo, priced, work):
    _totals = [priced[basis].bill.total for basis in ("physics", "published")]
    _said = {
        "time": [f"{1e3 * t.time_s:.4g} ms" for t in _totals],
        "energy": [f"{t.total_j.value:.3g} J" for t in _totals],
        "mean power": [f"{t.power_w:,.4g} W" for t in _totals],
        "a multiply-accumulate": [f"{1e12 * t.energy_per_mac_j:.3g} pJ" for t in _totals],
        "most goes to": [t.dominant for t in _totals],
    }
    _lines = [
        "## Cost, beside the paper",
        "",
        f"A training step of {work.network}, {work.batch} samples, {1e-9 * work.trace.macs:.3g} "
        "billion multiply-accumulates, on the machine `isca2024`.",
        "",
        "| | from its own parts | by the paper's prices |",
        "|:---|---:|---:|",
        *(f"| {name} | {own} | {paper} |" for name, (own, paper) in _said.items()),
        "",
        "The paper counts no trimmers. `mirage cost` tells the source of every price, "
        "`mirage paper` every row of the paper.",
    ]
    mo.md("\n".join(_lines))
    return


if __name__ == "__main__":
    app.run()
