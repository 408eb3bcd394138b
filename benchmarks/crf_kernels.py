"""What the CRF's kernels become on an H200, found without one: ``python -m benchmarks.crf_kernels``.

Triton compiles each kernel for the architecture (sm_90), and the disassembler of its wheel tells registers, bytes that
do not fit into them and spill, and the instructions of the loop over words. How long they take is for a GPU to tell.

Numbers go to ``benchmarks/results/kernels.csv``, one row a kernel and number of tags.
"""

import argparse
import re
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from benchmarks.record import append, versions
from zoo.crf import kernels
from zoo.crf.by_triton import tiles

RESULTS = Path(__file__).resolve().parent / "results" / "kernels.csv"
TAGS = (5, 9, 21, 64, 85)
_H200 = GPUTarget("cuda", 90, 32)
_ROOM = {"messages": {"BLOCK": 8}, "counts": {"CHUNK": 32, "HAS_GOLD": True}, "best_paths": {}, "weigh": {"BLOCK": 32}}
_TYPES = {
    "*fp32": "emissions start transitions end emitted began went ended",
    "*fp64": "both factors value moved grad",
    "*i64": "lengths gold paths",
    "*u1": "legal_start legal_pairs legal_end is_safe is_tag",
    "*i8": "came",
}
_POINTERS = {name: kind for kind, names in _TYPES.items() for name in names.split()}
_INSTRUCTION = re.compile(r"^\s+/\*([0-9a-f]{4,})\*/\s+(?:@!?U?P\w+\s+)?(\S+)\s*(.*?);", re.MULTILINE)


def compiled(kernel: Any, tags: int, **room: int) -> bytes:
    """The machine code of a kernel for a number of tags, as its launch with float32 emissions would have it made."""
    options = tiles(tags)
    constants = room | {"K": options.pop("K")}
    signature = {name: "constexpr" if name in constants else _POINTERS.get(name, "i32") for name in kernel.arg_names}
    aligned = {
        (place,): [["tt.divisibility", 16]] for place, name in enumerate(kernel.arg_names) if name in _POINTERS
    }  # fmt: skip
    source = ASTSource(kernel, signature, constexprs=constants, attrs=aligned)
    code = triton.compile(source, target=_H200, options=options).asm["cubin"]
    return bytes(code)


def measures(code: bytes) -> dict[str, int]:
    """Registers a thread, bytes spilt, and the instructions of the shortest loop that multiplies or adds in float64.

    Sums over a word's tags are that loop: the others read ahead, or are of log space and longer.
    """
    with tempfile.NamedTemporaryFile(suffix=".cubin") as file:
        file.write(code)
        file.flush()
        told, text = (_disassembled(option, file.name) for option in ("-res-usage", "-sass"))
    used = re.search(r"REG:(\d+) STACK:(\d+)", told)
    if used is None:
        raise RuntimeError(f"Expected cuobjdump to tell registers but got {told[-300:]!r}.")
    return {"registers": int(used[1]), "spilt_bytes": int(used[2]), "instructions_a_word": min(_loops(text), default=0)}


def _disassembled(option: str, path: str) -> str:
    tool = Path(triton.__file__).parent / "backends" / "nvidia" / "bin" / "cuobjdump"
    return subprocess.run([tool, option, path], capture_output=True, text=True, check=True).stdout


def _loops(text: str) -> Iterator[int]:
    """Lengths of the loops that compute in float64 and write: from where a jump goes back to the jump."""
    found = [(int(place, 16), operation, operands) for place, operation, operands in _INSTRUCTION.findall(text)]
    number = {place: index for index, (place, _, _) in enumerate(found)}
    for last, (place, operation, operands) in enumerate(found):
        target = re.search(r"0x([0-9a-f]+)", operands) if operation.startswith("BRA") else None
        if target and int(target[1], 16) < place and (first := number.get(int(target[1], 16))) is not None:
            loop = {operation.partition(".")[0] for _, operation, _ in found[first : last + 1]}
            if loop & {"DFMA", "DADD"} and "STG" in loop:
                yield last + 1 - first


def main() -> None:
    """Compiles every kernel for every number of tags, prints one line and appends one row for each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tags", type=int, nargs="+", default=TAGS)
    parser.add_argument("--results", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    for tags in arguments.tags:
        for name, room in _ROOM.items():
            found = measures(compiled(getattr(kernels, name), tags, **room))
            print(f"{name}, {tags} tags: {found}", flush=True)
            row = {"kernel": name, "tags": tags, "architecture": "sm_90", "warps": tiles(tags)["num_warps"], **found}
            told = {
                "command": "python -m benchmarks.crf_kernels",
                "versions": f"triton {version('triton')}; {versions()}",
                "date": date.today().isoformat(),
            }
            append(arguments.results, row | told)


if __name__ == "__main__":
    main()
