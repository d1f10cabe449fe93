"""A training loop of your own that is interrupted, and goes on bit for bit."""

import io

import torch
from torch import nn

import mirage_core as mirage
from mirage_core.training.datasets import load_dataset

data = load_dataset("digits")
SMALL = {"array.rows": 16, "array.units": 1}  # a small machine is calibrated at once


def start() -> tuple[nn.Module, mirage.TensorCore, torch.optim.Optimizer]:
    """The same network, core and optimiser every time."""
    torch.manual_seed(0)
    core = mirage.TensorCore("robust", overrides=SMALL, seed=0)
    model = mirage.convert(nn.Sequential(nn.Flatten(), nn.Linear(64, 10)), core)
    return model, core, torch.optim.SGD(model.parameters(), lr=0.1)


def train(model: nn.Module, core: mirage.TensorCore, optimizer, steps: range) -> None:
    """One batch a step; noise goes by the number of the step."""
    for n in steps:
        batch = slice(32 * n, 32 * (n + 1))
        with core.step(n):
            loss = nn.functional.cross_entropy(model(data.train_x[batch]), data.train_y[batch])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


whole = start()
train(*whole, range(6))

half, resumed, file = start(), start(), io.BytesIO()
train(*half, range(3))
torch.save([part.state_dict() for part in half], file)  # model, core, optimiser
file.seek(0)
for part, state in zip(resumed, torch.load(file), strict=True):
    part.load_state_dict(state)
train(*resumed, range(3, 6))
same = all(map(torch.equal, whole[0].parameters(), resumed[0].parameters()))
done = whole[1].ledger.total
print(f"same weights: {same}; {done.errors.total()} of {done.readouts.total()} residues wrong")
