"""Write ``scale_sim_counts.csv``: cycles that SCALE-Sim counts for small products.

Run in an environment of its own, from an empty folder::

    pip install scalesim==3.0.0 "numpy<2"
    python make_scale_sim_counts.py scale_sim_counts.csv
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

ARRAYS = ((16, 32), (32, 32), (8, 8))
# M, N, K of SCALE-Sim: M vectors pass a weight of N columns.
PRODUCTS = ((100, 32, 16), (100, 64, 48), (33, 17, 5), (256, 200, 300), (1, 1, 1), (64, 128, 7))
DATAFLOWS = {"ws": "DF1", "is": "DF2", "os": "DF3"}
CONFIGURATION = """[general]
run_name = counts
[architecture_presets]
ArrayHeight: {height}
ArrayWidth: {width}
IfmapSramSzkB: 8192
FilterSramSzkB: 8192
OfmapSramSzkB: 8192
IfmapOffset: 0
FilterOffset: 10000000
OfmapOffset: 20000000
Bandwidth: 1000
Dataflow: {dataflow}
MemoryBanks: 1
ReadRequestBuffer: 32
WriteRequestBuffer: 32
[layout]
IfmapCustomLayout: False
IfmapSRAMBankBandwidth: 10
IfmapSRAMBankNum: 10
IfmapSRAMBankPort: 2
FilterCustomLayout: False
FilterSRAMBankBandwidth: 10
FilterSRAMBankNum: 10
FilterSRAMBankPort: 2
[sparsity]
SparsitySupport: false
SparseRep: ellpack_block
OptimizedMapping: false
BlockSize: 8
RandomNumberGeneratorSeed: 40
[run_presets]
InterfaceBandwidth: CALC
UseRamulatorTrace: False
"""


def main() -> None:
    from scalesim.scale_sim import scalesim

    rows = []
    for height, width in ARRAYS:
        for dataflow, name in DATAFLOWS.items():
            text = CONFIGURATION.format(height=height, width=width, dataflow=dataflow)
            Path("a.cfg").write_text(text)
            Path("layout.csv").write_text("Layer name,a\n")
            lines = [f"L{i},{m},{n},{k},\n" for i, (m, n, k) in enumerate(PRODUCTS)]
            Path("products.csv").write_text("Layer,M,N,K,\n" + "".join(lines))
            simulator = scalesim(
                save_disk_space=True, verbose=False, config="a.cfg", topology="products.csv",
                layout="layout.csv", input_type_gemm=True,
            )  # fmt: skip
            simulator.run_scale(top_path="out")
            with Path("out/counts/COMPUTE_REPORT.csv").open() as file:
                for found in csv.DictReader(file, skipinitialspace=True):
                    m, n, k = PRODUCTS[int(found["LayerID"])]
                    # In our terms the weight's columns are the rows of the first operand.
                    rows.append((height, width, name, n, k, m, found["Total Cycles"]))
    with Path(sys.argv[1]).open("w") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("length", "rows", "dataflow", "m", "k", "n", "cycles"))
        writer.writerows(rows)


if __name__ == "__main__":
    main()
