"""For a learning researcher: a small network on light, layer by layer, and trained."""

import marimo

app = marimo.App(width="medium", app_title="Mirage: a network on light")


@app.cell
def _():
    from contextlib import nullcontext

    import marimo as mo
    import torch
    from torch import nn

    import mirage_core as mirage
    from mirage_core.fidelity.layers import layer_fidelity
    from mirage_core.training.datasets import load_dataset
    from studies.explorer.drawing import curves

    return curves, layer_fidelity, load_dataset, mirage, mo, nn, nullcontext, torch


@app.cell
def _(mo):
    mo.md(
        """
        # A network on light

        Handwritten digits, a small network of your own, and every product of it, forward and
        backward, on an emulated machine.
        """
    )
    return


@app.cell
def _(mo):
    power_mw = mo.ui.slider(
        steps=[0.5, 1.0, 2.0, 4.0, 8.5, 15.0], value=8.5, label="Laser power / mW", show_value=True
    )
    steps = mo.ui.slider(20, 200, step=20, value=60, label="Steps of training", show_value=True)
    mo.hstack([power_mw, steps], justify="start", wrap=True, gap=1.5)
    return power_mw, steps


@app.cell
def _(load_dataset, nn, torch):
    data = load_dataset("digits")

    def network():
        """An MLP that starts from the same weights each time."""
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 10))

    return data, network


@app.cell
def _(mirage, power_mw):
    core = mirage.TensorCore(
        "robust",
        overrides={
            "laser.power_w": 1e-3 * power_mw.value,
            "array.units": 1,
            "array.rows": 8,
            # Little light leaves more error behind than a good calibration does.
            "calibration.accept": "any",
        },
        seed=0,
    )
    return (core,)


@app.cell
def _(core, data, mirage, mo, network):
    # In place, with the same parameters: convert, and ask what runs where.
    lit = mirage.convert(network(), core)
    found = mirage.report(lit, data.train_x[:32])
    mo.md(f"## What runs on light?\n\n```\n{found}\n```")
    return found, lit


@app.cell
def _(core, data, layer_fidelity, mo, network, nn):
    fidelities = layer_fidelity(
        network(),
        core,
        lambda model: nn.functional.cross_entropy(model(data.train_x[:32]), data.train_y[:32]),
    )
    _db = [f"{row.light_sqnr_db:.1f}".replace("inf", "exact") for row in fidelities]
    _lines = [
        "## What does each product lose?",
        "",
        "Signal over error: what the number format leaves, and what light adds to that.",
        "",
        "| layer | product | format / dB | light / dB | cosine to FP32 | wrong integers |",
        "|:---|:---|---:|---:|---:|---:|",
        *(
            f"| {row.layer} | {row.kind} | {row.quantised_sqnr_db:.1f} | {light} "
            f"| {row.cosine:.4f} | {row.wrong} of {row.integers:,} |"
            for row, light in zip(fidelities, _db, strict=True)
        ),
    ]
    mo.md("\n".join(_lines))
    return (fidelities,)


@app.cell
def _(core, data, mirage, network, nn, nullcontext, steps, torch):
    def train(model, step):
        """Loss of each step, and the share of test samples that are right in the end."""
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1, momentum=0.9)
        losses, count = [], len(data.train_x) // 32
        for n in range(steps.value):
            batch = slice(32 * (n % count), 32 * (n % count + 1))
            with step(n):
                loss = nn.functional.cross_entropy(model(data.train_x[batch]), data.train_y[batch])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            losses.append(loss.item())
        with torch.no_grad(), step(0, training=False):
            right = model(data.test_x).argmax(1) == data.test_y
        return losses, right.float().mean().item()

    # The same chip, in a core that counts from zero whenever this runs.
    counting = mirage.TensorCore(core.machine, seed=0, chip=core.chip)
    trained = {
        "FP32": train(network(), lambda *_, **__: nullcontext()),
        "on light": train(mirage.convert(network(), counting), counting.step),
    }
    return counting, trained


@app.cell
def _(counting, curves, mo, trained):
    _scores = "\n".join(f"- {name}: **{100 * s:.1f} %** right" for name, (_, s) in trained.items())
    _total = counting.ledger.total
    _lines = {name: (range(len(losses)), losses) for name, (losses, _) in trained.items()}
    mo.vstack(
        [
            mo.md("## Trained, beside its FP32 twin"),
            mo.Html(curves("Loss of every step (cross entropy)", "step", _lines)),
            mo.md(
                f"{_scores}\n\nThe ledger counts {_total.readouts.total():,} readouts, "
                f"{_total.errors.total():,} of them wrong. `mirage train` does this for larger "
                "networks, with a checkpoint."
            ),
        ]
    )
    return


if __name__ == "__main__":
    app.run()
