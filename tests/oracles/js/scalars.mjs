// Ask the `yaml` package what plain scalars are by YAML 1.2's core schema: one JSON list of texts on stdin, one JSON
// list of {"type", "value"} on stdout, in the same order. Every value is a text: no number is rounded on its way here.
// {"type": "error"} stands for a text that is no single plain scalar.

import { readFileSync } from "node:fs";
import { isMap, isScalar, parseDocument } from "yaml";

function asked(text) {
  const document = parseDocument(`a: ${text}\n`, { version: "1.2", schema: "core", intAsBigInt: true });
  const map = document.contents;
  if (document.errors.length > 0 || !isMap(map) || map.items.length !== 1) return { type: "error" };
  const node = map.items[0].value;
  if (node === null) return { type: "null", value: "" };
  if (!isScalar(node) || (node.type !== "PLAIN" && node.source !== "")) return { type: "error" };
  const value = node.value;
  if (value === null) return { type: "null", value: "" };
  const names = { boolean: "bool", bigint: "int", number: "float", string: "text" };
  return { type: names[typeof value] ?? "error", value: String(value) };
}

process.stdout.write(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(asked)));
