"""Diagnostic codes of model files judged by content."""

from __future__ import annotations

from govern.diagnostics.catalogue import Code

CODES: dict[str, Code] = {
    "S301": Code(
        "unknown-format",
        "The content of a file fits no known format.",
        "What is not recognised has not been looked into.",
        "a `.bin` file of arbitrary bytes",
        "Ship the model in a format the policy allows, or leave the file out.",
    ),
    "S302": Code(
        "format-not-allowed",
        "A model artefact has a format that the policy does not allow.",
        "Some formats run code when they are loaded.",
        "a pickle under `allowed: [safetensors]`",
        "Export the model in an allowed format.",
    ),
    "S303": Code(
        "content-contradicts-name",
        "A file's name promises another format than its content.",
        "A disguise is how a loader is led to run what a scanner passed over.",
        "`model.safetensors` that is a pickle",
        "Name the file for what it is, and find out how it came to be.",
    ),
    "S304": Code(
        "unexplained-bytes",
        "Some bytes of a file belong to no part of its format.",
        "Gaps and trailers are where payloads are carried.",
        "bytes behind the last tensor",
        "Write the file again with the library of its format.",
    ),
    "S305": Code(
        "malformed-artefact",
        "A file does not follow its own format.",
        "Programs that read it will see different things, or fail.",
        "a safetensors header longer than the file",
        "Write the file again with the library of its format.",
    ),
    "S306": Code(
        "native-code",
        "A file is a program.",
        "A model is data; a program beside it may be run.",
        "an ELF library or a shell script",
        "Remove it from the bundle.",
    ),
    "S307": Code(
        "hostile-archive",
        "An archive is built so that two readers see different content, or would write outside its folder.",
        "That is how a member is hidden from a scanner.",
        "a zip whose local and central headers name different files",
        "Write the archive again with an ordinary tool.",
    ),
    "S308": Code(
        "expansion-limit",
        "A container unfolds beyond its limits.",
        "A small file can fill the memory of whoever opens it.",
        "a zip of zeros a thousand times its size",
        "Ship the content unpacked, or raise the limit in the policy with a reason.",
    ),
    "S309": Code(
        "not-analysed",
        "A format is recognised but not analysed.",
        "Knowing a format's name says nothing about what is in the file.",
        "an HDF5 file",
        "Ship the model in a format that is analysed, such as safetensors, ONNX or skops.",
    ),
    "S311": Code(
        "external-data-outside",
        "A model reads its tensors from outside the bundle.",
        "Those bytes are not what was reviewed.",
        "an ONNX tensor with `location: ../../weights`",
        "Keep the data beside the model, inside the bundle.",
    ),
    "S312": Code(
        "custom-operators",
        "A model uses operators that need code of their own.",
        "The code is not part of the format and is not judged here.",
        "an ONNX node of domain `com.example`",
        "Export with standard operators.",
    ),
    "S313": Code(
        "external-data",
        "A model reads tensors from another file of the bundle.",
        "That file is data only because the model says so; it is judged through the reference.",
        "an ONNX tensor with `location: weights.bin`",
        "Nothing, when the file is in the bundle; else add it.",
    ),
}
