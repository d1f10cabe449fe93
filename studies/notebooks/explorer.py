"""The explorer: one row of a machine, worked out again at every move of a slider."""

import marimo

app = marimo.App(width="full", app_title="Mirage: one row of modular multipliers")


@app.cell
def _():
    import time

    import marimo as mo

    from photonics.errors import InputError
    from studies.explorer import drawing
    from studies.explorer.row import explore
    from studies.explorer.scales import scales
    from studies.explorer.settings import DATA, PRESETS, RowSettings, overrides
    from studies.explorer.whole_chip import explore_chip

    return (
        DATA,
        InputError,
        PRESETS,
        RowSettings,
        drawing,
        explore,
        explore_chip,
        mo,
        overrides,
        scales,
        time,
    )


@app.cell
def _(mo):
    mo.md(
        """
        # One row of a photonic machine

        A row of modular multipliers, fabricated, calibrated and read by the model that
        `mirage show budget`, `mirage train` and `mirage cost` use. Move a slider, and all of it is
        worked out again.
        """
    )
    return


@app.cell
def _(DATA, PRESETS, mo):
    preset = mo.ui.dropdown(PRESETS, value="robust", label="Start from the machine")
    switch = mo.ui.dropdown({"ring": "ring", "Mach-Zehnder": "mzi"}, value="ring", label="Switches")
    data = mo.ui.dropdown(DATA, value="a network that learns", label="What is streamed")
    mo.hstack([preset, switch, data], justify="start", wrap=True, gap=1.5)
    return data, preset, switch


@app.cell
def _(RowSettings, mo, preset, scales):
    # A machine of another preset starts where that one stands.
    _start = RowSettings.of(preset.value)
    _sliders = {
        name: mo.ui.slider(
            steps=scale.steps,
            value=scale.start,
            label=scale.label,
            show_value=True,
            full_width=True,
        )
        for name, scale in scales(_start).items()
        if name != "coupling"
    }
    # Sliders of a plain dictionary would move, and nobody would be told.
    shared = mo.ui.dictionary(_sliders)
    return (shared,)


@app.cell
def _(RowSettings, mo, preset, scales, switch):
    # Each kind of switch has a coupling of its own; all other sliders stay where they are.
    fitted = RowSettings.of(preset.value, switch.value)
    _scale = scales(fitted)["coupling"]
    coupling = mo.ui.slider(
        steps=_scale.steps,
        value=_scale.start,
        label=_scale.label,
        show_value=True,
        full_width=True,
    )
    return coupling, fitted


@app.cell
def _(coupling, drawing, mo, shared):
    _power, *_others = shared.elements.values()
    mo.Html(drawing.controls([each.text for each in (_power, coupling, *_others)]))
    return


@app.cell
def _(InputError, coupling, data, explore, fitted, mo, scales, shared, time):
    from dataclasses import replace

    _shown = {**shared.value, "coupling": coupling.value}
    _scales = scales(fitted)
    _set = {name: _scales[name].setting(value) for name, value in _shown.items()}
    _whole = ("adc_extra_bits", "modulus", "group_size", "chip_seed")
    settings = replace(
        fitted, data=data.value, **{n: int(v) if n in _whole else v for n, v in _set.items()}
    )
    _begun = time.perf_counter()
    try:
        row, refused = explore(settings), None
    except InputError as _error:
        row, refused = None, str(_error)
    took_ms = 1e3 * (time.perf_counter() - _begun)
    mo.stop(
        row is None,
        mo.callout(mo.md(f"**No machine can be so.** {refused}"), kind="warn"),
    )
    return row, settings, took_ms


@app.cell
def _(drawing, mo, row, took_ms):
    mo.vstack(
        [
            mo.Html(drawing.headline(drawing.row_numbers(row))),
            mo.Html(
                drawing.pictures(
                    drawing.constellation(row.constellation, row.settings.modulus),
                    drawing.waterfall(row.budget),
                    drawing.energy(row.energy_j),
                )
            ),
            mo.Html(drawing.bar_of_a_phone(row)),
            mo.md(f"<small>worked out in {took_ms:.0f} ms</small>"),
        ]
    )
    return


@app.cell
def _(mo):
    whole = mo.ui.run_button(label="Work out the whole chip (some seconds)")
    whole
    return (whole,)


@app.cell
def _(drawing, explore_chip, mo, settings, whole):
    mo.stop(not whole.value)
    with mo.status.spinner(title="All rows of all moduli ..."):
        _chip = explore_chip(settings)
    mo.vstack(
        [
            mo.Html(drawing.headline(drawing.chip_numbers(_chip))),
            mo.Html(drawing.pictures(drawing.row_rates(_chip))),
        ]
    )
    return


@app.cell
def _(mo, overrides, settings):
    _set = [f"--set {each}" for each in overrides(settings)]
    _typed = " \\\n    ".join([f"mirage show budget {settings.preset}", *_set])
    _last = mo.accordion(
        {
            "The same machine on the command line": mo.md(
                f"""
```text
{_typed}
```

There its own controller calibrates it, by reading; the static error is then what that leaves.
"""
            )
        }
    )
    # Room for the bar at the foot of a phone.
    mo.vstack([_last, mo.Html('<div style="height:3rem"></div>')])
    return


if __name__ == "__main__":
    app.run()
