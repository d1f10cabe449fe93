"""Part files: the line of every key, and errors that say what, where and how to mend it."""

import math
from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from devices.electronics.adc import Adc
from devices.electronics.amplifier import TransimpedanceAmplifier
from devices.electronics.photodiode import Photodiode
from devices.parameters import parts_file
from devices.parameters.parts_file import FileError, locate, located, read_entry
from devices.parameters.problems import problems
from devices.shifters.drive_curve import DriveCurve
from devices.shifters.noems import NoemsShifter
from photonics.errors import InputError

DOCUMENT = '''# a comment with receiver.bits = 3 in it

title = """
bits = 99
[receiver]
"""
[receiver]
bits = 6            # six
"quoted name" = 1
limits = [
    1,
    2,
]
tia.noise = 15e-12
pair = { cmrr_db = -20, kind = "x" }

[receiver.diode]
dark = 1

[[lane]]
power = 1
[[lane]]
power = 2
'''


@pytest.mark.parametrize(
    ("key", "line"),
    [
        ("title", 3),
        ("receiver", 7),
        ("receiver.bits", 8),
        ("receiver.quoted name", 9),
        ("receiver.limits", 10),
        ("receiver.limits.1", 10),
        ("receiver.limits[1]", 10),
        ("receiver.limits[2]", None),
        ("receiver.bits, title", 8),
        ("receiver.tia", 14),
        ("receiver.tia.noise", 14),
        ("receiver.pair.cmrr_db", 15),
        ("receiver.diode", 17),
        ("receiver.diode.dark", 18),
        ("lane", 20),
        ("lane.0.power", 21),
        ("lane.1", 22),
        ("lane.1.power", 23),
        ("lane[1].power", 23),
        ("bits", None),
        ("receiver.bits.deeper", None),
        ("lane.2", None),
    ],
)
def test_lines_of_keys(key, line):
    assert locate(DOCUMENT, key) == line
    assert locate(DOCUMENT.replace("\n", "\r\n"), key) == line


def test_a_document_that_ends_without_a_newline():
    assert locate("a = 1\nb = 2", "b") == 2


def test_a_key_before_a_fault_is_still_found():
    assert locate("a = 1\nb = = 2\nc = 3\n", "a") == 1
    assert locate("a = 1\nb = = 2\nc = 3\n", "c") is None


class Inner(BaseModel):
    model_config = ConfigDict(extra="forbid")
    adc: Adc = Adc()
    diode: Photodiode | None = None


class Outer(BaseModel):
    model_config = ConfigDict(extra="forbid")
    receiver: Inner
    name: str


def lines_of(text, document):
    with pytest.raises(ValidationError) as caught:
        Outer.model_validate(document)
    return located(problems(caught.value, Outer), text, "machine.toml")


def test_errors_of_a_nested_configuration():
    text = (
        'name = "x"\n\n[receiver.adc]\nbits = 99\nbitz = 3\n\n[receiver.diode]\nbandwith_hz = 1\n'
    )
    document = {
        "name": "x",
        "receiver": {"adc": {"bits": 99, "bitz": 3}, "diode": {"bandwith_hz": 1}},
    }
    assert sorted(lines_of(text, document)) == [
        "machine.toml:4: receiver.adc.bits = 99: must be less than or equal to 20",
        "machine.toml:5: receiver.adc.bitz = 3: no such field; did you mean bits?",
        "machine.toml:8: receiver.diode.bandwith_hz = 1: no such field; did you mean bandwidth_hz?",
    ]


def test_an_error_of_the_whole_part_points_at_its_field():
    text = 'name = "x"\n[receiver.diode]\ndark_current_a = 1e-9\nresponsivity_a_per_w = 1.4\n'
    document = {
        "name": "x",
        "receiver": {"diode": {"dark_current_a": 1e-9, "responsivity_a_per_w": 1.4}},
    }
    (line,) = lines_of(text, document)
    assert line.startswith("machine.toml:4: receiver.diode.responsivity_a_per_w = 1.4: at most 1.2")


def test_what_is_missing_points_at_the_table_or_the_file():
    found = lines_of("[receiver]\n", {"receiver": {}})
    assert found == ["machine.toml: name = None: must be given"]
    text = 'receiver = 3\nname = "x"\n'
    (line,) = lines_of(text, {"receiver": 3, "name": "x"})
    assert line.startswith("machine.toml:1: receiver = 3: is a part; set receiver.adc")


class Needy(BaseModel):
    power_w: float


class Holder(BaseModel):
    laser: Needy


def test_what_is_missing_in_a_table_points_at_the_table():
    text = "# laser\n\n[laser]\n"
    with pytest.raises(ValidationError) as caught:
        Holder.model_validate({"laser": {}})
    found = located(problems(caught.value, Holder), text, "machine.toml")
    assert found == ["machine.toml:3: laser.power_w = None: must be given"]


def write(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_part_of_the_user(tmp_path):
    path = write(
        tmp_path,
        'description = "ours"\nresponsivity_a_per_w = 0.93\n'
        '[sources]\nresponsivity_a_per_w = "measured"\n',
    )
    assert read_entry(path, Photodiode)[0] == Photodiode(responsivity_a_per_w=0.93)
    assert read_entry(str(path), Photodiode)[0].dark_current_a == Photodiode().dark_current_a


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "\n\nresponsivty_a_per_w = 0.9\n",
            ":3: responsivty_a_per_w = 0.9: no such field; did you mean responsivity_a_per_w?",
        ),
        ("dark_current_a = -1e-9\n", ":1: dark_current_a = -1e-09: must be greater than or equal"),
        ("# x\nbandwidth_hz = inf\n", ":2: bandwidth_hz = inf: must be a finite number"),
        ('bandwidth_hz = "wide"\n', ":1: bandwidth_hz = 'wide': must be a valid number"),
        ("responsivity_a_per_w = 1.3\n", ":1: responsivity_a_per_w = 1.3: at most 1.25016 A/W"),
        ("zzz = 1\n", ":1: zzz = 1: no such field; known: bandwidth_hz, dark_current_a, resp"),
        (
            '[sources]\ndark_curent_a = "x"\n',
            ":2: sources.dark_curent_a = 'x': no such parameter in this part",
        ),
        ('sources = "mine"\n', ":1: sources = 'mine': must be a table of parameters"),
        ("dark_current_a = 1e-9\nbandwidth_hz = = 3\n", ":2: not TOML: "),
        ('dark_current_a = 1e-9\nx = """\nabc\n', ":4: not TOML: "),
        ("dark_current_a = 1\ndark_current_a = 2\n", ":2: not TOML: "),
    ],
)
def test_a_fault_is_named_with_its_line(tmp_path, text, expected):
    path = write(tmp_path, text)
    with pytest.raises(FileError) as caught:
        read_entry(path, Photodiode)
    assert str(caught.value).startswith(f"{path}{expected}")
    assert len(caught.value.lines) == 1


CURVE = "drive = [0.0, 1.0, 0.5]"


@pytest.mark.parametrize(
    ("kind", "text", "expected"),
    [
        (
            DriveCurve,
            f"\nresponse = [0.0, 1.0, 2.0]\n{CURVE}\n",
            ":3: drive[2] = 0.5: must be above",
        ),
        (
            DriveCurve,
            '\nresponse = [\n0,\n1,\n"x"]\ndrive = [0, 1, 2]\n',
            ":2: response[2]",
        ),
        (DriveCurve, "\nresponse = [0.0]\ndrive = [0.0]\n", ":3: drive, response = (1, 1)"),
        (
            NoemsShifter,
            f"length_m = 1e-3\n[curve]\nresponse = [0.0, 1.0, 2.0]\n{CURVE}\n",
            ":4: curve.drive[2] = 0.5: must be above",
        ),
        (
            NoemsShifter,
            "[curve]\nresponse = [0.0, 1.0, 2.0]\ndrive = [0.0, 0.5, inf]\n",
            ":3: curve.drive[2] = inf: must be a finite number",
        ),
    ],
)
def test_an_entry_of_a_list_has_the_line_of_its_list(tmp_path, kind, text, expected):
    path = write(tmp_path, text)
    with pytest.raises(FileError) as caught:
        read_entry(path, kind)
    assert str(caught.value).startswith(f"{path}{expected}")


def test_every_fault_has_its_own_line(tmp_path):
    path = write(tmp_path, "poles = 3\nbandwidth_hz = 0\nnoise = 1\n")
    with pytest.raises(InputError) as caught:
        read_entry(path, TransimpedanceAmplifier)
    found = str(caught.value).split("\n")
    assert [line.split(":")[1] for line in sorted(found)] == ["1", "2", "3"]


def test_a_file_that_is_no_text(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        read_entry(path, Photodiode)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="must be an existing file"):
        read_entry(tmp_path / "none.toml", Photodiode)


def test_a_key_is_found_without_reading_a_long_file_over_and_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    count, read, real = 2000, [0], parts_file.toml_of

    def counted(text: str) -> dict[str, Any]:
        read[0] += len(text)
        return real(text)

    monkeypatch.setattr(parts_file, "toml_of", counted)
    rows = "".join(f"  [{i}, 2.0],\n" for i in range(count))
    keys = "".join(f"k{i} = {i}\n" for i in range(count))
    text = f"[a]\nrows = [\n{rows}]\n{keys}z = 1\n"
    assert locate(text, "a.z") == 2 * count + 4
    assert locate(text, "a.rows") == 2
    # Once for its statements, and once for each halving of what may hold the key; for both keys.
    assert read[0] < 2 * (math.log2(count) + 4) * len(text)
