/* SPDX-License-Identifier: Apache-2.0 */
/* What else measures: the filler's rows are as good as the server's own, the floors stand. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { endsCleanly, newFolder, program, startServe } from './lib/licet.mjs';
import { prepare } from './lib/serve.mjs';

const FOLDER = join(dirname(program()), '../../bench');
const SECRET = 'bench-client-secret-0123456789abcdef0123456789';
const COUNT = 12;

function tool(name, ...words) {
	const done = spawnSync(join(FOLDER, name), words, { encoding: 'utf8', timeout: 60_000 });
	assert.equal(done.status, 0, done.stdout + done.stderr);
	return done.stdout;
}

function load(scenario, url, ...words) {
	return JSON.parse(tool('load', scenario, '--url', url, '--requests', `${COUNT}`,
		'--connections', '4', '--secret', SECRET, ...words));
}

const prepared = await prepare({ document: (origin) => ({
	tenants: [{ name: 'bench', url: `${origin}/t/bench`, profile: 'rfc',
		settings: { signing_alg: 'ES256' } }],
	users: [{ tenant: 'bench', username: 'alice', password: 'alice-password' }],
	clients: [{ tenant: 'bench', client_id: 'bench', client_secret: SECRET, skip_consent: true,
		redirect_uris: ['http://localhost:3000/callback'], scope: 'openid offline_access',
		grant_types: ['authorization_code', 'refresh_token'] }],
}) });
const codes = join(prepared.folder, 'codes');
const tokens = join(prepared.folder, 'tokens');
tool('fill', 'tenants', prepared.config, '3', `${COUNT}`, SECRET, codes);
tool('fill', 'grants', prepared.config, '200', `${COUNT}`, SECRET, tokens);
const licet = await startServe(prepared);
const url = `http://127.0.0.1:${licet.port}`;

test('codes of tenants that were filled in are exchanged by each of them', () => {
	assert.equal(load('exchange', url, '--input', codes).right, COUNT);
});

test('codes and tokens that a run has told are good in the next', () => {
	const told = join(prepared.folder, 'told');
	const fresh = join(prepared.folder, 'fresh');
	assert.equal(load('authorize', url, '--output', told, '--authorize', '/t/bench/authorize',
		'--token', '/t/bench/token', '--redirect-status', '303').right, COUNT);
	assert.equal(load('exchange', url, '--input', told, '--output', fresh,
		'--token', '/t/bench/token').right, COUNT);
	assert.equal(load('refresh', url, '--input', fresh).right, COUNT);
});

test('refresh tokens of grants that were filled in are good', () => {
	assert.equal(load('refresh', url, '--input', tokens).right, COUNT);
});

test('the socket floor answers every request alike', async () => {
	const floor = spawn(join(FOLDER, 'floor'), ['700']);
	const [port] = await floor.stdout.take(1).toArray();
	try {
		assert.equal(load('fixed', `http://127.0.0.1:${`${port}`.trim()}`).right, COUNT);
	} finally {
		floor.kill();
	}
});

test('the store tells what a row of a batch costs', () => {
	const told = JSON.parse(tool('store_share', newFolder()));
	assert.equal(told.batch, 64);
	assert.ok(told.write_cpu_ns > 0 && told.read_cpu_ns > 0);
});

endsCleanly(licet);
