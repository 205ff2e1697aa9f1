// SPDX-License-Identifier: Apache-2.0
// Practice software of other people's making talks to the gateway: fhir-kit-client. `node client.mjs BASE SUBMISSION.json`, with
// the token in TOKEN. Ends with 0 when everything was as R4 and MHD say; otherwise the assertion says what was not.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import Client from 'fhir-kit-client';

const [base, file] = process.argv.slice(2);
const client = new Client({ baseUrl: base, customHeaders: process.env.TOKEN ? { Authorization: `Bearer ${process.env.TOKEN}` } : {} });
const http = (answer) => Client.httpFor(answer).response;

async function refused(call, status) {
  try {
    await call();
  } catch (error) {
    assert.equal(error.response.status, status);
    assert.equal(error.response.data.resourceType, 'OperationOutcome');
    return error.response.data;
  }
  assert.fail(`expected ${status}`);
}

// What the server says of itself.
const statement = await client.capabilityStatement();
assert.equal(statement.fhirVersion, '4.0.1');
assert.ok(statement.rest[0].interaction.some((one) => one.code === 'transaction'));

// ITI-65: one answer for each entry, in their order.
const submission = JSON.parse(readFileSync(file, 'utf8'));
const taken = await client.transaction({ body: submission });
assert.equal(taken.type, 'transaction-response');
assert.equal(taken.entry.length, submission.entry.length);
for (const entry of taken.entry) {
  assert.match(entry.response.status, /^201/);
  assert.match(entry.response.location, /^[A-Z]\w+\/[0-9-]+\/_history\/1$/);
  assert.equal(entry.response.etag, 'W/"1"');
}
// The same again is the same, not another one.
assert.deepEqual((await client.transaction({ body: submission })).entry.map((e) => e.response.location), taken.entry.map((e) => e.response.location));

// ITI-67: found by the patient, with references that lead somewhere.
const posted = submission.entry.map((entry) => entry.resource).find((one) => one.resourceType === 'DocumentReference');
const patient = submission.entry.map((entry) => entry.resource).find((one) => one.resourceType === 'Patient').identifier[0];
const search = (searchParams, options) => client.search({ resourceType: 'DocumentReference', searchParams, options });
const found = await search({ 'patient.identifier': `${patient.system}|${patient.value}`, status: 'current' });
assert.equal(found.type, 'searchset');
assert.equal(found.total, 1);
const document = found.entry[0].resource;
assert.deepEqual(document.masterIdentifier, posted.masterIdentifier);
assert.equal((await search({ 'patient.identifier': `${patient.system}|${patient.value}`, status: 'superseded' })).total, 0);
assert.equal((await search({ 'patient.identifier': `${patient.system}|nobody` })).total, 0);
const { system, code } = posted.type.coding[0];
assert.equal((await search({ identifier: posted.masterIdentifier.value, type: `${system}|${code}` })).total ?? 0, 1);
const byForm = await client.search({ resourceType: 'DocumentReference', searchParams: { 'patient.identifier': `${patient.system}|${patient.value}` }, options: { postSearch: true } });
assert.equal(byForm.total, 1);
await refused(() => search({ status: 'current' }), 400);

// Reading, versions, ETag.
const read = await client.read({ resourceType: 'DocumentReference', id: document.id });
assert.equal(http(read).headers.get('etag'), 'W/"1"');
assert.deepEqual(read, document);
assert.deepEqual(await client.vread({ resourceType: 'DocumentReference', id: document.id, version: '1' }), document);
await refused(() => client.vread({ resourceType: 'DocumentReference', id: document.id, version: '7' }), 404);
await refused(() => client.read({ resourceType: 'DocumentReference', id: '999999' }), 404);
const subject = await client.read({ resourceType: 'Patient', id: document.subject.reference.split('/')[1] });
assert.equal(subject.identifier[0].value, patient.value);

// ITI-68: the very bytes.
const original = submission.entry.map((entry) => entry.resource).find((one) => one.resourceType === 'Binary');
const headers = process.env.TOKEN ? { Authorization: `Bearer ${process.env.TOKEN}` } : {};
const bytes = await fetch(document.content[0].attachment.url, { headers: { ...headers, Accept: original.contentType } });
assert.equal(bytes.status, 200);
assert.match(bytes.headers.get('content-type'), new RegExp(original.contentType));
const digest = (data) => createHash('sha256').update(data).digest('hex');
assert.equal(digest(Buffer.from(await bytes.arrayBuffer())), digest(Buffer.from(original.data, 'base64')));

// Create, conditional create.
const observation = {
  resourceType: 'Observation', status: 'final', identifier: [{ system: 'urn:oid:1.2.250.1.99999.7', value: 'peer-1' }],
  code: { coding: [{ system: 'http://loinc.org', code: '718-7' }] }, subject: { display: 'Patient' }, effectiveDateTime: '2026-01-05',
  valueQuantity: { value: 13.1, unit: 'g/dL', system: 'http://unitsofmeasure.org', code: 'g/dL' },
};
const create = (options) => client.create({ resourceType: 'Observation', body: observation, options });
const once = { headers: { 'If-None-Exist': 'identifier=urn:oid:1.2.250.1.99999.7|peer-1' } };
const made = await create(once);
assert.equal(http(made).status, 201);
assert.match(http(made).headers.get('location'), /\/Observation\/\d+\/_history\/1$/);
observation.note = [{ text: 'the same identifier, other bytes' }];
const again = await create(once);
assert.equal(http(again).status, 200);
assert.equal(again.id, made.id);
const valueOf = await client.read({ resourceType: 'Observation', id: made.id });
assert.equal(valueOf.valueQuantity.value, 13.1);

// Operations.
const judged = await client.operation({ resourceType: 'Observation', name: 'validate', input: { ...observation, status: 'nonsense' } });
assert.ok(judged.issue.some((issue) => issue.severity === 'error' && issue.expression?.[0]?.includes('status')));
const event = {
  resourceType: 'Bundle', type: 'message', identifier: { system: 'urn:oid:1.2.250.1.99999.8', value: 'peer-message-1' }, timestamp: '2026-01-05T10:00:00+01:00',
  entry: [{ fullUrl: 'urn:uuid:00000000-0000-4000-8000-000000000001', resource: { resourceType: 'MessageHeader', id: 'h1', eventCoding: { system: 'http://terminology.hl7.org/CodeSystem/v2-0003', code: 'A01' }, source: { endpoint: 'https://practice.example' } } }],
};
const told = await client.operation({ name: 'process-message', input: event });
assert.equal(told.entry[0].resource.response.code, 'ok');
assert.equal(told.entry[0].resource.response.identifier, 'h1');
const converted = await client.operation({
  name: 'convert',
  input: { resourceType: 'Parameters', parameter: [{ name: 'input', valueBase64Binary: original.data }, { name: 'to', valueCode: 'fhir' }] },
}).catch((error) => error.response.data);
assert.ok(['Parameters', 'OperationOutcome'].includes(converted.resourceType));

// What is refused, and how.
await refused(() => client.create({ resourceType: 'Observation', body: { resourceType: 'Patient' } }), 400);
await refused(() => client.update({ resourceType: 'Observation', id: made.id, body: { ...observation, id: made.id } }), 405);
await refused(() => client.delete({ resourceType: 'Observation', id: made.id }), 405);

// Batch: one bad request does not spoil the other.
const batch = await client.batch({ body: { resourceType: 'Bundle', type: 'batch', entry: [
  { request: { method: 'GET', url: `Observation/${made.id}` } }, { request: { method: 'GET', url: 'Observation/999999' } }] } });
assert.deepEqual(batch.entry.map((entry) => entry.response.status), ['200', '404']);
assert.equal(batch.entry[0].resource.id, made.id);
console.log('as it should be');
