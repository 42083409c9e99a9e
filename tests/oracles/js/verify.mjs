// Ask @sigstore/verify about bundles: one JSON request on stdin, one JSON answer on stdout.
//
// Request: {"trustedRoot": {...}, "keys": {hint: {"rawBytes", "validFor": {"start", "end"}}},
//           "cases": [{"bundle": {...}, "options": {"tlogThreshold", "timestampThreshold"}}]}
// Options that are absent are the library's own defaults. Answer: [{"accepted": true} |
// {"accepted": false, "error": name, "code": code or null, "message": text}], in the order of the cases.

import { bundleFromJSON } from "@sigstore/bundle";
import { TrustedRoot } from "@sigstore/protobuf-specs";
import { toSignedEntity, toTrustMaterial, Verifier } from "@sigstore/verify";
import { readFileSync } from "node:fs";

const request = JSON.parse(readFileSync(0, "utf8"));

function instant(text) {
  return text === undefined ? undefined : new Date(text);
}

const keys = Object.fromEntries(
  Object.entries(request.keys).map(([hint, key]) => [
    hint,
    {
      rawBytes: Buffer.from(key.rawBytes, "base64"),
      validFor: { start: instant(key.validFor.start), end: instant(key.validFor.end) },
    },
  ]),
);
const material = toTrustMaterial(TrustedRoot.fromJSON(request.trustedRoot), keys);

function ask({ bundle, options }) {
  try {
    new Verifier(material, options).verify(toSignedEntity(bundleFromJSON(bundle)));
    return { accepted: true };
  } catch (error) {
    const fields = error.fields === undefined ? "" : `: ${error.fields.join(", ")}`;
    return { accepted: false, error: error.name, code: error.code ?? null, message: `${error.message}${fields}` };
  }
}

process.stdout.write(JSON.stringify(request.cases.map(ask)));
