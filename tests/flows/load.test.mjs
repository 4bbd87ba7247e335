/* SPDX-License-Identifier: Apache-2.0 */
/* The load generator of bench/: it asks loopback alone, and counts right answers as right. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { importInto, metadataOf } from './lib/import.mjs';
import { endsCleanly, newFolder, program, startDemo } from './lib/licet.mjs';
import { clients, users } from './lib/tenants.mjs';

const LOAD = join(dirname(program()), '../../bench/load');
const COUNT = 60;

const licet = await startDemo();

function run(...words) {
	const { status, stdout, stderr } = spawnSync(LOAD, words, { encoding: 'utf8', timeout: 60_000 });
	return { status, stderr, row: stdout && JSON.parse(stdout) };
}

/* Against the tenant of profile rfc, whose person has to agree once. */
function measure(scenario, options = {}) {
	const all = { url: `http://127.0.0.1:${licet.port}`, pid: licet.pid, requests: COUNT,
		'warm-up': 10, connections: 8, authorize: '/t/plain/authorize', token: '/t/plain/token',
		client: clients.web.id, secret: clients.web.secret, 'redirect-uri': clients.web.redirectUri,
		username: users.alice.username, password: users.alice.password, 'redirect-status': 303,
		...options };
	return run(scenario, ...Object.entries(all).filter(([, value]) => value !== null)
		.flatMap(([name, value]) => [`--${name}`, `${value}`]));
}

for (const [scenario, path] of [['exchange', '/'], ['refresh', '/'],
	['introspect', '/t/plain/introspect'], ['userinfo', '/t/plain/userinfo'],
	['fetch', '/t/plain/jwks']])
	test(`every answer of "${scenario}" is right, and its cost is told`, () => {
		const { status, row, stderr } = measure(scenario, { path });
		assert.equal(status, 0, stderr);
		assert.equal(row.answers, COUNT);
		assert.equal(row.right, COUNT);
		assert.equal(row.wrong, 0);
		assert.ok(row.cpu_ns_per_request > 0);
		assert.ok(row.p50_us > 0 && row.p50_us <= row.p99_us);
	});

for (const scenario of ['exchange', 'introspect'])
	test(`every answer of "${scenario}" over HTTP/2 is right`, () => {
		const { status, row, stderr } = measure(scenario,
			{ path: '/t/plain/introspect', http: 2, streams: 8, connections: 2 });
		assert.equal(status, 0, stderr);
		assert.equal(row.right, COUNT);
		assert.equal(row.streams, 8);
	});

test('every answer of "exchange" with a DPoP proof is right', () => {
	const { status, row, stderr } = measure('exchange', { 'dpop-keys': 5 });
	assert.equal(status, 0, stderr);
	assert.equal(row.right, COUNT);
});

test('every answer of "exchange" by a client that signs assertions is right', async () => {
	const folder = newFolder();
	const made = spawnSync(LOAD, ['new-key', 'ES256', join(folder, 'key')], { encoding: 'utf8' });
	assert.equal(made.status, 0, made.stderr);
	await importInto(licet, { name: 'plain' }, { clients: [metadataOf(
		{ ...clients.web, id: 'signs', secret: null },
		{ token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [JSON.parse(made.stdout)] },
			skip_consent: true })] });
	const { status, row, stderr } = measure('exchange',
		{ client: 'signs', key: join(folder, 'key'), secret: null });
	assert.equal(status, 0, stderr);
	assert.equal(row.right, COUNT);
});

test('a wrong answer is counted as wrong, and is the exit status', () => {
	const { status, row, stderr } = measure('fetch', { path: '/t/plain/nothing', 'warm-up': 0 });
	assert.equal(status, 1);
	assert.equal(row.wrong, COUNT);
	assert.match(stderr, /60 of 60 answers are wrong; the first: 404/);
});

test('who cannot sign in is told so', () => {
	const { status, stderr } = measure('exchange', { password: 'wrong' });
	assert.equal(status, 1);
	assert.match(stderr, /nobody could be signed in: .* \(status 403\)/);
});

/* After this the client has to wait. */
test('every answer to a wrong secret is a refusal', () => {
	const { status, row, stderr } = measure('wrong-secret');
	assert.equal(status, 0, stderr);
	assert.equal(row.right, COUNT);
});

for (const url of ['http://192.0.2.1:80', 'http://10.0.0.1:8080', 'http://[2001:db8::1]:80',
	'http://[::ffff:192.0.2.1]:80', 'http://0.0.0.0:80', 'http://localhost:8080',
	'http://example.com:80', 'http://128.0.0.1:80'])
	test(`load never asks ${url}`, () => {
		const { status, stderr } = run('fetch', '--url', url);
		assert.equal(status, 2);
		assert.match(stderr, /load is for this machine alone/);
	});

endsCleanly(licet);
