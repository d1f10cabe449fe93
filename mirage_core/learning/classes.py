"""Classes of modules with something put before them, by inheritance, and back.

A module keeps its identity, parameters and hooks; only its class changes, to one that is made here
of its plain class and of what is put before it.
"""

from __future__ import annotations

from typing import Any, ClassVar

from torch import nn
from torch.nn.utils.parametrize import is_parametrized

PlainAndAdded = tuple[type[nn.Module], tuple[type["Added"], ...]]


class Added(nn.Module):
    """What can be put before the class of a module.

    Attributes:
        prefix: of the name of the class that is made.
    """

    prefix: ClassVar[str] = ""

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Classes made here are not found by name: pickle what they are made of."""
        if is_parametrized(self):
            return super().__reduce_ex__(protocol)
        return _blank, plain_and_added(type(self)), super().__reduce_ex__(protocol)[2]


_made: dict[PlainAndAdded, type[nn.Module]] = {}
_made_of: dict[type[nn.Module], PlainAndAdded] = {}


def plain_and_added(kind: type[nn.Module]) -> PlainAndAdded:
    """The plain class that a class was made of, and what was put before it, outermost first."""
    return _made_of.get(kind, (kind, ()))


def put_before(module: nn.Module, added: type[Added]) -> None:
    """Put something before the class of a module that it is not before yet."""
    if not isinstance(module, added):
        plain, others = plain_and_added(_own_class(module))
        _change(module, plain, (added, *others))


def take_away(module: nn.Module, added: type[Added]) -> None:
    """Take away what was put before the class of a module."""
    plain, all_added = plain_and_added(_own_class(module))
    _change(module, plain, tuple(each for each in all_added if each is not added))


def _class_of(plain: type[nn.Module], added: tuple[type[Added], ...]) -> type[nn.Module]:
    if not added:
        return plain
    if (plain, added) not in _made:
        first, below = added[0], _class_of(plain, added[1:])
        body = {"__module__": plain.__module__, "__doc__": plain.__doc__}
        made = type(first.prefix + below.__name__, (first, below), body)
        _made[plain, added], _made_of[made] = made, (plain, added)
    return _made[plain, added]


def _blank(plain: type[nn.Module], added: tuple[type[Added], ...]) -> nn.Module:
    kind = _class_of(plain, added)
    return kind.__new__(kind)


def _own_class(module: nn.Module) -> type[nn.Module]:
    """The class of a module, below the one that torch puts over a parametrized one."""
    kind = type(module)
    return kind.__bases__[0] if is_parametrized(module) else kind


def _change(module: nn.Module, plain: type[nn.Module], added: tuple[type[Added], ...]) -> None:
    over, kind = type(module), _class_of(plain, added)
    if is_parametrized(module):
        body = {k: v for k, v in vars(over).items() if k not in ("__dict__", "__weakref__")}
        kind = type(f"Parametrized{kind.__name__}", (kind,), body)
    module.__class__ = kind
