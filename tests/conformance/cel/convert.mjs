// Writes the scenarios of the CEL specification as data: one line of JSON a scenario, see README.md.
//
//     npm pack @bufbuild/cel-spec@0.6.1 && tar xzf bufbuild-cel-spec-0.6.1.tgz
//     node convert.mjs package
//
// What is left out needs something that a policy can never have (each is counted on the terminal):
// variables given from outside, message types of the specification's own tests, a container, only the checker.

import { readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const EXTENSIONS = ["bindings_ext", "encoders_ext", "math_ext", "optionals", "string_ext"];
const TWO_VARIABLES = ["macros2"];
const INTERNAL = ["block_ext"]; // `cel.block` is what optimisers write; no library offers it to authors

function scenarios(suite, path) {
  const here = (suite.tests ?? []).map((test) => ({ section: path.join("/"), ...test.original }));
  return here.concat((suite.suites ?? []).flatMap((inner) => scenarios(inner, [...path, inner.name])));
}

function reasonToLeaveOut(test) {
  if (INTERNAL.includes(test.section.split("/")[0])) return "an extension for optimisers";
  if (test.bindings || test.typeEnv) return "variables given from outside";
  if (test.container) return "a container of message types";
  if (/TestAllTypes|cel\.expr\.conformance\./.test(test.expr)) return "message types of the tests";
  if (test.checkOnly) return "only the checker, without a value";
  return null;
}

const SPECIAL = { Infinity: "inf", "-Infinity": "-inf", NaN: "nan" };

// A value as {type: text}, so that 1, 1u and 1.0 stay apart. `value` is protobuf JSON of cel.expr.Value.
function typed(value) {
  const [kind, held] = Object.entries(value)[0];
  switch (kind) {
    case "nullValue": return { null: null };
    case "boolValue": return { bool: held };
    case "int64Value": return { int: String(held) };
    case "uint64Value": return { uint: String(held) };
    case "doubleValue": return { double: SPECIAL[held] ?? String(held) };
    case "stringValue": return { string: held };
    case "bytesValue": return { bytes: Buffer.from(held, "base64").toString("hex") };
    case "typeValue": return { type: held };
    case "listValue": return { list: (held.values ?? []).map(typed) };
    case "mapValue": return { map: (held.entries ?? []).map((entry) => [typed(entry.key), typed(entry.value)]) };
    default: throw new Error(`a value of the kind ${kind} has no form here`);
  }
}

function escaped(unit) {
  return "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0");
}

function line(test, names) {
  const name = `${test.section}/${test.name}`;
  const count = (names.get(name) ?? 0) + 1;
  names.set(name, count);
  const made = { name: count === 1 ? name : `${name}#${count}`, expr: test.expr };
  if (test.disableCheck) made.check = false;
  const value = test.value ?? test.typedResult?.result;
  if (test.evalError) made.error = true;
  else made.value = value ? typed(value) : { bool: true }; // the specification's default: it comes to true
  return JSON.stringify(made).replace(/[\u007f-\uffff]/g, escaped);
}

const root = resolve(process.argv[2] ?? "package");
const { tests } = await import(pathToFileURL(join(root, "dist/esm/testdata/conformance.js")));
const { name, version, license } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

const files = { core: [], extensions: [], two_variables: [] };
const leftOut = {};
const names = new Map();
for (const test of scenarios({ suites: tests.suites }, [])) {
  const reason = reasonToLeaveOut(test);
  if (reason) {
    leftOut[reason] = (leftOut[reason] ?? 0) + 1;
    continue;
  }
  const suite = test.section.split("/")[0];
  const file = EXTENSIONS.includes(suite) ? "extensions" : TWO_VARIABLES.includes(suite) ? "two_variables" : "core";
  files[file].push(line(test, names));
}
console.log(`${name} ${version} (${license})`);
for (const [file, lines] of Object.entries(files)) {
  writeFileSync(join(import.meta.dirname, `${file}.jsonl`), lines.join("\n") + "\n");
  console.log(`${file}: ${lines.length}`);
}
for (const [reason, count] of Object.entries(leftOut)) console.log(`left out, ${reason}: ${count}`);
