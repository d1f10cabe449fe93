"""The explorer: one row of a machine, worked out again at every move of a slider."""

import marimo

app = marimo.App(width="full", app_title="Mirage: one row of modular multipliers")


@app.cell
def _():
    import time
    from html import escape

    import marimo as mo

    from photonics.errors import InputError
    from studies.explorer import drawing
    from studies.explorer.row import explore
    from studies.explorer.scales import scales
    from studies.explorer.settings import (
        DATA,
        RowSettings,
        command,
        load_preset,
        machines,
        start,
        switches,
    )
    from studies.explorer.whole_chip import explore_chip

    return (
        DATA,
        InputError,
        RowSettings,
        command,
        drawing,
        escape,
        explore,
        explore_chip,
        load_preset,
        machines,
        mo,
        scales,
        start,
        switches,
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
def _(DATA, machines, mo, start):
    _names = machines()
    preset = mo.ui.dropdown(
        _names,
        value=next(name for name, machine in _names.items() if machine == start()),
        label="Start from the machine",
    )
    data = mo.ui.dropdown(DATA, value="a network that learns", label="What is streamed")
    return data, preset


@app.cell
def _(mo, preset, switches):
    _kinds = switches(preset.value)
    switch = mo.ui.dropdown(_kinds, value=next(iter(_kinds)), label="Switches")
    return (switch,)


@app.cell
def _(data, escape, load_preset, mo, preset, switch):
    mo.vstack(
        [
            mo.hstack([preset, switch, data], justify="start", wrap=True, gap=1.5),
            mo.Html(f"<small>{escape(load_preset(preset.value).description)}</small>"),
        ]
    )
    return


@app.cell
def _(mo):
    def slider_of(scale):
        """A slider over a scale, from where a machine stands."""
        return mo.ui.slider(
            steps=scale.steps,
            value=scale.start,
            label=scale.label,
            show_value=True,
            full_width=True,
        )

    return (slider_of,)


@app.cell
def _(RowSettings, mo, preset, scales, slider_of):
    # A machine of another preset starts where that one stands.
    _start = RowSettings.of(preset.value)
    _sliders = {
        name: slider_of(scale) for name, scale in scales(_start).items() if name != "coupling"
    }
    # Sliders of a plain dictionary would move, and nobody would be told.
    shared = mo.ui.dictionary(_sliders)
    return (shared,)


@app.cell
def _(RowSettings, mo, preset, scales, slider_of, switch):
    # Each kind of switch has a coupling of its own; all other sliders stay where they are.
    fitted = RowSettings.of(preset.value, switch.value)
    # Measured switches have none.
    coupling = mo.ui.dictionary(
        {name: slider_of(scale) for name, scale in scales(fitted).items() if name == "coupling"}
    )
    return coupling, fitted


@app.cell
def _(coupling, drawing, mo, shared):
    _power, *_others = shared.elements.values()
    _every = [_power, *coupling.elements.values(), *_others]
    mo.Html(drawing.controls([each.text for each in _every]))
    return


@app.cell
def _(InputError, coupling, data, explore, fitted, mo, scales, shared, time):
    from dataclasses import replace

    _shown = {**shared.value, **coupling.value}
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
def _(command, mo, settings):
    _last = mo.accordion(
        {
            "The same machine on the command line": mo.md(
                f"""
```text
{command(settings)}
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
