"""Compile the kernels: to one object file, or one by one in memory.

`python -m scorebundle.runtime.kernels.build STEM CPU PART` writes STEM.o. The first process on a
machine runs it as a child, with NUMBA_OPT=0: LLVM then optimises once, for the stated CPU.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from typing import Any, TextIO

import llvmlite.binding as llvm
from numba import cfunc, types

from .execute import execute
from .native import OPTIONS, Kernel
from .parts import PARTS
from .registry import all_kernels
from .target import aim

SIGNATURE = types.int64(*[types.int64] * 5)
PREFIX = "scorebundle_"


@cache
def compiled(name: str) -> Any:
    """The numba cfunc of a kernel (or of `execute`), compiled on first use."""
    function: Kernel = execute if name == "execute" else all_kernels()[name]
    return cfunc(SIGNATURE, nopython=True, **OPTIONS)(function)


def names(part: str) -> list[str]:
    """Every symbol of a part's object file, without prefix; a plug-in's (`prefix.name`) is none."""
    modules = {f"{__package__}.{module}" for module in PARTS[part]}
    found = [name for name, function in all_kernels().items() if function.__module__ in modules]
    return ["execute", *sorted(found)]


def object_code(part: str, cpu: str, features: str, report: TextIO | None) -> bytes:
    """The kernels of a part as one relocatable object file, each under its own name.

    Args:
        part: of `parts.PARTS`.
        cpu, features: what LLVM may use, e.g. `x86-64-v3` and ''.
        report: where progress is shown if it is a terminal.
    """
    linked = llvm.parse_assembly("")
    kernels = names(part)
    progress = _Progress(report, len(kernels))
    for share, bitcode in _shares(kernels, cpu, features):
        linked.link_in(llvm.parse_bitcode(bitcode))
        progress.advance(share)
    return bytes(_machine(cpu, features).emit_object(linked))


def _shares(kernels: list[str], cpu: str, features: str) -> Iterator[tuple[list[str], bytes]]:
    """Kernels in shares, one per processor, compiled side by side where that is possible."""
    workers = min(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 2, 4)
    shares = [kernels[first::workers] for first in range(workers)]
    try:
        with ProcessPoolExecutor(workers) as pool:
            jobs = [pool.submit(optimised, share, cpu, features) for share in shares]
            yield from [(share, job.result()) for share, job in zip(shares, jobs, strict=True)]
    except (OSError, BrokenProcessPool):  # e.g. no semaphores in a sandbox
        yield kernels, optimised(kernels, cpu, features)


def optimised(kernels: list[str], cpu: str, features: str) -> bytes:
    """Some kernels as LLVM bitcode, optimised for a CPU."""
    module = llvm.parse_assembly("")
    for name in kernels:
        module.link_in(_exported(compiled(name), name))
    tuning = llvm.create_pipeline_tuning_options(speed_level=3)
    builder = llvm.create_pass_builder(_machine(cpu, features), tuning)
    builder.getModulePassManager().run(module, builder)
    return bytes(module.as_bitcode())


def _machine(cpu: str, features: str) -> llvm.TargetMachine:
    target = llvm.Target.from_triple(llvm.get_process_triple())
    return target.create_target_machine(
        cpu=cpu, features=features, opt=3, reloc="pic", codemodel="small"
    )


def _exported(function: Any, name: str) -> llvm.ModuleRef:
    """A kernel's module with one public function, `scorebundle_<name>`.

    numba's own C wrapper turns exceptions into Python's; kernels raise none, so ours drops the
    status and needs neither numba nor Python. What it leaves unused, the optimiser removes.
    """
    text = function._library.get_llvm_str()
    native = function._wrapper_name.removeprefix("cfunc.")
    parameters = ", ".join(f"i64 %{letter}" for letter in "abcde")
    text += f"""
define i64 @{PREFIX}{name}({parameters}) {{
  %result = alloca i64
  %error = alloca ptr
  %status = call i32 @"{native}"(ptr %result, ptr %error, {parameters})
  %value = load i64, ptr %result
  ret i64 %value
}}
"""
    module = llvm.parse_assembly(text)
    for item in (*module.functions, *module.global_variables):
        if not item.is_declaration and item.name != PREFIX + name:
            item.linkage = "internal"
    return module


class _Progress:
    """One line on a terminal that says how far the build is."""

    def __init__(self, report: TextIO | None, total: int) -> None:
        self.report, self.total, self.done = report, total, 0
        self._show()

    def advance(self, part: list[str]) -> None:
        """Some kernels are ready."""
        self.done += len(part)
        self._show()

    def _show(self) -> None:
        if self.report is not None and self.report.isatty():
            self.report.write(f"\r  {self.done} of {self.total} kernels ")
            if self.done == self.total:
                self.report.write("\r" + " " * 40 + "\r")
            self.report.flush()


def main(stem: str, cpu: str, part: str) -> None:
    """Write STEM.o."""
    aim(cpu)
    code = object_code(part, cpu, "", sys.stderr)
    with open(f"{stem}.o", "xb") as file:
        file.write(code)


if __name__ == "__main__":
    main(*sys.argv[1:])
