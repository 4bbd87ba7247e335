/* SPDX-License-Identifier: Apache-2.0 */
/* H07 at scale: crowds that hold on to places and memory, and the honest client beside them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { obtainTokens } from './lib/flow.mjs';
import { send } from './lib/http.mjs';
import { endsCleanly, runCommand } from './lib/licet.mjs';
import { serve, tenantDocument, writeConfig } from './lib/serve.mjs';
import { tenantOf } from './lib/tenants.mjs';

const BUDGET_MIB = 384;
const SERVED_WITHIN_MS = 5_000;

/* A sanitizer keeps what was freed; here that would count against the budget. */
process.env.ASAN_OPTIONS = 'detect_leaks=1:abort_on_error=0:quarantine_size_mb=4';
const document = (origin) => tenantDocument('main', `${origin}/t/plain`, 'rfc');
const licet = await serve({ document, more: ['loops: 1', 'log:', '  level: warning', 'limits:',
	`  memory: ${BUDGET_MIB}MiB`, '  password_threads: 1', '  connections: 10000'] });
const few = await serve({ document, more: ['loops: 1', 'limits:', '  connections: 300',
	'  head_time: 60s'] });
const crowds = [];

after(() => crowds.flat().forEach((socket) => socket.destroy()));

/* Opens `count` connections that send `bytes` and then hold on: sockets with what they got. */
async function crowd(port, count, bytes) {
	const sockets = [];
	crowds.push(sockets);
	for (let i = 0; i < count; i++) {
		const socket = connect({ port, host: '127.0.0.1' });
		socket.got = '';
		socket.on('data', (piece) => (socket.got += piece.toString('latin1')));
		socket.on('error', () => (socket.isCut = true));
		socket.on('close', () => (socket.isCut = true));
		socket.write(bytes);
		sockets.push(socket);
		if (i % 50 === 49)
			await sleep(1);
	}
	return sockets;
}

/* One whole flow, again when it is told to; how long it took. */
async function flow(server) {
	const began = Date.now();
	for (;;) {
		const tokens = await obtainTokens(tenantOf('rfc', server.origin)).catch((error) => error);
		if (tokens.tokens?.access_token)
			return Date.now() - began;
		if (Date.now() - began > 4 * SERVED_WITHIN_MS)
			throw tokens;
		await sleep(100);
	}
}

const residentMib = (server) => Number(/VmHWM:\s*(\d+)/.exec(
	readFileSync(`/proc/${server.pid}/status`, 'utf8'))[1]) / 1024;

test('H07 bodies that never end: 503 with Retry-After, memory within the budget, others are served',
	async () => {
		const bytes = 'POST /t/plain/token HTTP/1.1\r\n' + `Host: localhost:${licet.port}\r\n` +
			'Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 65536\r\n\r\n' +
			'a'.repeat(65_000);
		const flood = crowd(licet.port, 5_000, bytes);
		await sleep(1_500);
		for (let i = 0; i < 5; i++)
			assert.ok((await flow(licet)) < SERVED_WITHIN_MS);
		const sockets = await flood;
		await sleep(2_000);
		const told = sockets.filter(({ got }) => got.startsWith('HTTP/1.1 503'));
		assert.ok(told.length > 500, `${told.length} were answered 503`);
		for (const { got } of told)
			assert.match(got, /\r\nRetry-After: 1\r\n/);
		assert.ok(residentMib(licet) <= BUDGET_MIB, `${residentMib(licet)} MiB`);
		assert.match(licet.stderr(), /"http.memory.short"/);
		sockets.forEach((socket) => socket.destroy());
		await sleep(500);
		assert.ok((await flow(licet)) < SERVED_WITHIN_MS);
	});

test('H07 heads that trickle take all places: who comes is served all the same', async () => {
	const sockets = await crowd(few.port, 600, 'GET /healthz HTTP/1.1\r\nHost: local');
	const trickle = setInterval(() => sockets.forEach((socket) =>
		socket.isCut || socket.write('h')), 500);
	try {
		await sleep(1_500);
		for (let i = 0; i < 5; i++)
			assert.ok((await flow(few)) < SERVED_WITHIN_MS);
		assert.ok(sockets.some(({ isCut }) => isCut));
		assert.match(few.stderr(), /"http.listener.full"/);
	} finally {
		clearInterval(trickle);
		sockets.forEach((socket) => socket.destroy());
	}
	assert.equal((await send({ url: `${few.origin}/healthz` })).status, 200);
});

test('a memory too small for the settings is refused with the least that it takes', async () => {
	const { config } = await writeConfig({ more: ['loops: 2', 'limits:', '  memory: 32MiB'] });
	for (const args of [['config', 'check', config], ['serve', '--config', config]]) {
		const done = await runCommand(args);
		assert.notEqual(done.code, 0);
		assert.match(done.stderr, /limits\.memory: 32MiB are too little .* it takes \d+MiB at least/);
	}
});

test('the server with few places ends cleanly', () => few.stop());
endsCleanly(licet);
