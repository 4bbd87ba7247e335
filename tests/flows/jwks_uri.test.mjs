/* SPDX-License-Identifier: Apache-2.0 */
/* Keys at a client's jwks_uri: fetched, kept, renewed, and never from inside. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { test } from 'node:test';
import { assertionOf, assertionParams, newSigner, signerMetadata } from './lib/assertion.mjs';
import { send } from './lib/http.mjs';
import { metadataOf } from './lib/import.mjs';
import { endsCleanly, runCommand } from './lib/licet.mjs';
import { authority, serve, tenantDocument } from './lib/serve.mjs';
import { clients, tenantOf } from './lib/tenants.mjs';

const TRIES = 300;
const tls = authority();
const published = newSigner('published');
const stuck = newSigner('stuck');
const redirected = newSigner('redirected');
const crowded = newSigner('crowded');
const counts = {};

/* What the clients publish. */
const pages = {
	published: () => signerMetadata(published).jwks,
	crowded: () => ({ keys: Array(33).fill(signerMetadata(crowded).jwks.keys[0]) }),
};

const rp = createServer({ key: readFileSync(tls.key), cert: readFileSync(tls.certificate) },
	(request, response) => {
		const name = request.url.slice(1);
		counts[name] = (counts[name] ?? 0) + 1;
		if (name === 'stuck')
			return;
		if (name === 'redirected')
			response.writeHead(302, { Location: '/published' }).end();
		else
			response.end(JSON.stringify(pages[name]()));
	});
await new Promise((done) => rp.listen(0, '127.0.0.1', done));
rp.unref();

function register(client, tenant) {
	return metadataOf(client, { tenant, token_endpoint_auth_method: 'private_key_jwt',
		jwks_uri: `https://localhost:${rp.address().port}/${client.id}` });
}

function documentAt(origin) {
	const document = tenantDocument('plain', `${origin}/t/plain`, 'rfc');
	for (const client of [published, stuck, redirected, crowded])
		document.clients.push(register(client, 'plain'));
	return document;
}

const open = ['fetch:', '  allow_loopback: true', `  ca_file: ${tls.ca}`];
const licet = await serve({ document: documentAt, more: open });
const closed = await serve({ document: documentAt,
	more: ['fetch:', `  ca_file: ${tls.ca}`] });

async function tryAt(server, client, header = {}) {
	const tenant = tenantOf('rfc', server.origin);
	return send({ url: tenant.introspect, form: { token: 'nonsense',
		...assertionParams(assertionOf(client, tenant, {}, header)) } });
}

test('keys are fetched once and kept', async () => {
	for (let i = 0; i < 5; i++) {
		const reply = await tryAt(licet, published);
		assert.equal(reply.status, 200, reply.text);
	}
	assert.equal(counts.published, 1);
});

test('S05: unknown keys cause one more fetch within a minute, and are refused', async () => {
	const statuses = new Set();
	for (let i = 0; i < TRIES; i++)
		statuses.add((await tryAt(licet, published, { kid: `unknown-${i}` })).status);
	assert.deepEqual([...statuses], [401]);
	assert.equal(counts.published, 2);
	assert.equal((await tryAt(licet, published)).status, 200);
});

test('S04: a server that says nothing is given up, and holds nobody else up', async () => {
	const begun = Date.now();
	const slow = tryAt(licet, stuck);
	assert.equal((await tryAt(licet, published)).status, 200);
	assert.ok(Date.now() - begun < 3_000);
	assert.equal((await slow).status, 401);
	assert.ok(Date.now() - begun < 9_000);
});

test('S04: a set of more than 32 keys is refused', async () => {
	assert.equal((await tryAt(licet, crowded)).status, 401);
});

test('S02: a redirect is not followed', async () => {
	const before = counts.published;
	assert.equal((await tryAt(licet, redirected)).status, 401);
	assert.equal(counts.redirected, 1);
	assert.equal(counts.published, before);
});

test('S01: no address inside is connected to unless the configuration says so', async () => {
	const before = { ...counts };
	const reply = await tryAt(closed, published);
	assert.equal(reply.status, 401);
	assert.deepEqual(counts, before);
	const { stdout } = await runCommand(['explain', reply.headers['x-request-id'],
		'--config', closed.config]);
	assert.match(stdout, /its address is not one that may be connected to/);
});

test('another client is unaffected by those that failed', async () => {
	const tenant = tenantOf('rfc', closed.origin);
	const reply = await send({ url: tenant.introspect, form: { token: 'nonsense',
		client_id: clients.web.id, client_secret: clients.web.secret } });
	assert.equal(reply.status, 200);
});

endsCleanly(licet);
endsCleanly(closed);
