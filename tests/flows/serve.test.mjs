/* SPDX-License-Identifier: Apache-2.0 */
/* The program from the operator's side: configuration, TLS, keys, logs, draining, help. */
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { decodeProtectedHeader } from 'jose';
import { exchange, obtainCode, obtainTokens, refresh, tokensOf } from './lib/flow.mjs';
import { send } from './lib/http.mjs';
import { endsCleanly, freePort, newFolder, runCommand, startServe } from './lib/licet.mjs';
import { Raw } from './lib/raw.mjs';
import { authority, mustRun, prepare, serve, tenantDocument, writeConfig } from './lib/serve.mjs';
import { tenantOf } from './lib/tenants.mjs';

const licet = await serve({ tls: authority(), more: ['log:', '  file: events.jsonl', 'loops: 2'],
	document: (origin) => tenantDocument('main', `${origin}/t/plain`, 'rfc') });
const tenant = tenantOf('rfc', licet.origin);
const ca = licet.ca;

function handshake(options) {
	return new Promise((done) => {
		const socket = connect({ port: licet.port, host: '127.0.0.1', servername: 'localhost', ca,
			...options }, () => {
			done({ protocol: socket.getProtocol(), cipher: socket.getCipher().name });
			socket.destroy();
		});
		socket.on('error', (error) => done({ error: error.code ?? error.message }));
	});
}

test('H17 TLS 1.3 and 1.2 are spoken', async () => {
	assert.equal((await handshake({ minVersion: 'TLSv1.3' })).protocol, 'TLSv1.3');
	const older = await handshake({ maxVersion: 'TLSv1.2' });
	assert.equal(older.protocol, 'TLSv1.2');
	assert.match(older.cipher, /^ECDHE-.*(GCM|CHACHA20)/);
});

for (const [sentence, options] of [
	['TLS 1.1', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' }],
	['TLS 1.0', { minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'ALL:@SECLEVEL=0' }],
	['CBC at TLS 1.2', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA256' }],
	['RSA key exchange', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256' }],
])
	test(`H17 ${sentence} is refused`, async () => {
		assert.ok((await handshake(options)).error);
	});

test('plain HTTP on the TLS port gets no page', async () => {
	const raw = new Raw(licet.port);
	await raw.opened;
	raw.write(`GET /healthz HTTP/1.1\r\nHost: localhost:${licet.port}\r\n\r\n`);
	const bytes = await Promise.race([raw.closed, sleep(10_000, null)]);
	assert.ok(bytes !== null, 'the connection is closed');
	assert.doesNotMatch(bytes.toString('latin1'), /^HTTP\/1.1 200/);
});

test('a whole flow over TLS', async () => {
	const { tokens } = await obtainTokens(tenant, { ca });
	assert.ok(tokens.refresh_token);
});

test('/healthz and /readyz answer whatever the Host', async () => {
	for (const path of ['/healthz', '/readyz']) {
		const reply = await send({ url: licet.origin + path, ca, headers: { Host: '10.0.0.1' } });
		assert.equal(reply.status, 200, path);
	}
});

test('the log file is for its owner, a line of JSON for each event, and tells no query', async () => {
	const file = join(licet.folder, 'events.jsonl');
	await send({ url: `${tenant.authorize}?client_id=demo-web&state=do-not-log-me`, ca });
	await sleep(300);
	assert.equal(statSync(file).mode & 0o077, 0);
	const text = readFileSync(file, 'utf8');
	const lines = text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
	assert.ok(lines.length > 0);
	assert.ok(lines.every((line) => typeof line.event === 'string'));
	assert.doesNotMatch(text, /do-not-log-me/);
});

test('licet explain finds a request by the configuration file', async () => {
	const grant = await obtainCode(tenant, { ca });
	const reply = await exchange(tenant, grant, { redirect_uri: 'http://localhost:3000/other' }, { ca });
	const done = await mustRun('explain', reply.headers['x-request-id'], '--config', licet.config);
	assert.match(done.stdout, /redirect_uri_mismatch/);
});

/* Which the server makes by itself, soon after it has met a tenant. */
async function nextKeyIsThere() {
	for (let i = 0; i < 100; i++) {
		const { stdout } = await mustRun('key', 'list', '--config', licet.config);
		if (/\bnext\b.*\bRS256\b|\bRS256\b.*\bnext\b/.test(stdout))
			return;
		await sleep(100);
	}
	assert.fail('there is no next key after ten seconds');
}

test('licet key list names the keys, rotate publishes another, old tokens stay verifiable',
	async () => {
		const before = (await send({ url: tenant.jwks, ca })).json.keys.map(({ kid }) => kid);
		const listed = await mustRun('key', 'list', '--config', licet.config);
		for (const kid of before)
			assert.ok(listed.stdout.includes(kid), listed.stdout);
		const { tokens, ...grant } = await obtainTokens(tenant, { ca });
		await nextKeyIsThere();
		await mustRun('key', 'rotate', '--config', licet.config);
		await sleep(3_000);
		const after = (await send({ url: tenant.jwks, ca })).json.keys.map(({ kid }) => kid);
		assert.ok(after.some((kid) => !before.includes(kid)), 'there is a new key');
		assert.ok(after.includes(decodeProtectedHeader(tokens.id_token).kid), 'the old one is there');
		const renewed = tokensOf(await refresh(tenant, grant.client, tokens.refresh_token, {}, { ca }));
		assert.ok(after.includes(decodeProtectedHeader(renewed.id_token).kid));
	});

test('licet config check passes a good file', async () => {
	const done = await runCommand(['config', 'check', licet.config]);
	assert.equal(done.code, 0, done.stdout + done.stderr);
});

const badConfigs = [
	['an unknown setting', 'listners:\n  - address: 127.0.0.1\n', /:1:1/, /listeners/],
	['a port that is none', 'listeners:\n  - address: 127.0.0.1\n    port: 99999\n', /:3:/, /port/],
	['a size without a unit', 'limits:\n  body_size: 64k\n', /:2:14/, /KiB/],
	['broken YAML', 'listeners: [\n', /:\d+:\d+/, /./],
];
for (const [sentence, text, place, hint] of badConfigs)
	test(`licet config check tells ${sentence} with line, column and what to write`, async () => {
		const file = join(newFolder(), 'licet.yaml');
		writeFileSync(file, text);
		const done = await runCommand(['config', 'check', file]);
		assert.notEqual(done.code, 0);
		assert.match(done.stdout + done.stderr, place);
		assert.match(done.stdout + done.stderr, hint);
		const served = await runCommand(['serve', '--config', file]);
		assert.notEqual(served.code, 0);
		assert.match(served.stderr, place);
	});

test('licet serve without a master key, or with one that others may read, does not start', async () => {
	const { folder, config } = await writeConfig();
	const without = await runCommand(['serve', '--config', config]);
	assert.notEqual(without.code, 0);
	assert.match(without.stderr, /master/);
	await mustRun('key', 'master', '--config', config);
	const file = join(folder, 'master.key');
	assert.equal(statSync(file).size, 32);
	assert.equal(statSync(file).mode & 0o777, 0o600);
	chmodSync(file, 0o644);
	const open = await runCommand(['serve', '--config', config]);
	assert.notEqual(open.code, 0);
	assert.match(open.stderr, /master\.key/);
});

test('licet key master never writes over a key', async () => {
	const { folder, config } = await writeConfig();
	await mustRun('key', 'master', '--config', config);
	const before = readFileSync(join(folder, 'master.key'));
	const again = await runCommand(['key', 'master', '--config', config]);
	assert.notEqual(again.code, 0);
	assert.deepEqual(readFileSync(join(folder, 'master.key')), before);
});

async function isRefusedWithin(milliseconds, origin) {
	for (const deadline = Date.now() + milliseconds; Date.now() < deadline; await sleep(50))
		if (await send({ url: `${origin}/healthz` }).then(() => false, () => true))
			return true;
	return false;
}

test('SIGTERM answers what is under way, takes nothing new and ends with 0', async () => {
	const plain = await serve({ document: (origin) =>
		tenantDocument('main', `${origin}/t/plain`, 'rfc') });
	const { pathname } = new URL(tenant.token);
	const form = 'grant_type=authorization_code&client_id=demo-spa&code=x';
	const raw = new Raw(plain.port);
	await raw.opened;
	raw.write(`POST ${pathname} HTTP/1.1\r\nHost: localhost:${plain.port}\r\n` +
		'Content-Type: application/x-www-form-urlencoded\r\n' +
		`Content-Length: ${form.length}\r\n\r\n${form.slice(0, 10)}`);
	await sleep(200);
	const stopped = plain.stop();
	assert.ok(await isRefusedWithin(5_000, plain.origin), 'no new connection');
	raw.write(form.slice(10));
	const reply = await raw.reply(10_000);
	assert.equal(reply?.status, 400);
	assert.equal(reply.headers.connection, 'close');
	raw.destroy();
	await stopped;
});

test('licet demo refuses an address that is not loopback', async () => {
	for (const address of ['0.0.0.0', '192.0.2.1', '[::]']) {
		const done = await runCommand(['demo', '--listen', `${address}:${await freePort()}`]);
		assert.notEqual(done.code, 0);
		assert.match(done.stderr, /loopback/i);
	}
});

test('licet says its version, and how each command is used', async () => {
	const { stdout } = await mustRun('version');
	assert.match(stdout, /^licet \d+\.\d+/);
	const help = await mustRun('help');
	for (const command of ['demo', 'serve', 'import', 'key', 'explain', 'version', 'config']) {
		assert.ok(help.stdout.includes(command), command);
		const one = await mustRun('help', command);
		assert.match(one.stdout, new RegExp(`licet ${command}`));
	}
	const unknown = await runCommand(['nonsense']);
	assert.notEqual(unknown.code, 0);
	assert.match(unknown.stderr, /nonsense/);
});

test('a store that was filled under another master key is refused before anybody notices',
	async () => {
		const { folder, config } = await prepare({ document: (origin) =>
			tenantDocument('main', `${origin}/t/plain`, 'rfc') });
		const file = join(folder, 'master.key');
		const key = readFileSync(file);
		key[0] ^= 1;
		writeFileSync(file, key);
		const done = await runCommand(['serve', '--config', config]);
		assert.notEqual(done.code, 0);
		assert.match(done.stderr, /master/i);
	});

test('a store of another master key is refused, not overwritten', async () => {
	const other = await serve({ document: (origin) =>
		tenantDocument('main', `${origin}/t/plain`, 'rfc') });
	await other.stop();
	const file = join(other.folder, 'master.key');
	const key = readFileSync(file);
	key[0] ^= 1;
	writeFileSync(file, key);
	const done = await runCommand(['serve', '--config', other.config]);
	assert.notEqual(done.code, 0);
	assert.match(done.stderr, /master/i);
	key[0] ^= 1;
	writeFileSync(file, key);
	const again = await startServe({ config: other.config, port: other.port, origin: other.origin,
		data: other.data });
	await again.stop();
});

endsCleanly(licet);
