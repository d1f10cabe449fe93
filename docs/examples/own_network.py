"""A network of your own on light, one product of it in FP32: what runs where, and what it costs."""

import torch
from torch import nn

import mirage_core as mirage


class Net(nn.Module):
    """A layer, attention by hand, and a classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.embed = nn.Linear(16, 16)
        self.head = nn.Linear(16, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits (N, 4) of sequences (N, T, 16)."""
        x = torch.relu(self.embed(x))
        shares = torch.softmax(x @ x.mT / 4.0, dim=-1)  # a product that no layer holds
        return self.head((shares @ x).mean(1))


torch.manual_seed(0)
light = mirage.TensorCore("robust", seed=0)
x = torch.randn(8, 5, 16)
# Gradients of the classifier's weights stay digital.
places = {"head": mirage.MixedCore(light, dw=mirage.FormatCore("fp32")), "*": light}
model = mirage.convert(Net(), places)
report = mirage.report(model, x)  # products of its own are digital, and the report says so
print(report)
with mirage.on_core(light):  # now they are on light, and so are their gradients
    model(x).square().mean().backward()
    inside = mirage.report(model, x)
print(f"digital: {report.unseen_macs} MACs, in the context {inside.unseen_macs}")
