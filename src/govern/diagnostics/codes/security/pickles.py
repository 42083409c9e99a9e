"""Diagnostic codes of pickles followed opcode by opcode."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "S401": Code(
        "dangerous-global",
        "A pickle uses a name that is known to run code or reach outside.",
        "Loading the file does what the name does.",
        "a pickle that calls `posix.system`",
        "Do not load the file. Find out where it came from.",
    ),
    "S402": Code(
        "global-not-permitted",
        "A pickle uses a name that no profile of the policy permits.",
        "Loading imports the module and calls the name; nobody has looked at what it does.",
        "a pickle of `pre_processor.PreProcessor`",
        "Ship the model without custom classes, in a format without code, or add a reviewed profile.",
    ),
    "S403": Code(
        "pickle-forbidden",
        "The policy allows no pickle at all.",
        "Loading a pickle runs a program.",
        "`model.pkl` under `mode: forbid`",
        "Export the model as safetensors, ONNX or skops.",
    ),
    "S404": Code(
        "call-not-permitted",
        "A pickle uses a permitted name in a way that is not permitted.",
        "A harmless function calls what it is handed; a harmless class takes a harmful state.",
        "`defaultdict` with a factory that opens files",
        "Do not load the file. An ordinary export never does this.",
    ),
    "S405": Code(
        "malformed-pickle",
        "A pickle is broken, or built so that loaders read different things.",
        "A loader runs everything up to the break.",
        "a frame that ends in the middle of an opcode",
        "Write the file again.",
    ),
    "S406": Code(
        "bytes-after-pickle",
        "Bytes follow the end of a pickle.",
        "Loaders differ in what they do with them, and a second pickle may stand there.",
        "two pickles in one file",
        "Write one object a file.",
    ),
    "S407": Code(
        "loader-decides",
        "A pickle asks the loading program for an object.",
        "What it gets depends on the program, not on the file.",
        "a persistent id outside a torch file",
        "Write the file without persistent ids, extension codes or outside buffers.",
    ),
    "S408": Code(
        "pickle-undecided",
        "A pickle holds something whose size or meaning is not modelled.",
        "From there on, the scan and the loader could read different bytes.",
        "a joblib array of a sub-array dtype",
        "Write the file with a current library, or ship the model in a format without code.",
    ),
    "S409": Code(
        "unknown-profile",
        "There is no scan profile of that name.",
        "A profile that is not there permits nothing, which is surely not what was meant.",
        "`profiles: [skelarn]`",
        "Use one of the names that the message lists.",
    ),
}
