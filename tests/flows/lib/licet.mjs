/* SPDX-License-Identifier: Apache-2.0 */
/* Starts, watches and stops the program under test; fails on what a sanitizer says. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { send } from './http.mjs';
import { dsnOf, isOnPostgres } from './postgres.mjs';
import { tenantOf, tenantsOf } from './tenants.mjs';

const READY_WITHIN_MS = 30_000;
const ENDS_WITHIN_MS = 30_000;
const SANITIZER = /(ERROR|WARNING): \w*Sanitizer|runtime error:|LeakSanitizer/;

const running = new Set();
const folders = new Set();

process.on('exit', () => {
	for (const child of running)
		child.kill('SIGKILL');
	for (const folder of folders)
		rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'])
	process.on(signal, () => process.exit(1));

export function program() {
	assert.ok(process.env.LICET, 'LICET names the program under test');
	return process.env.LICET;
}

export function newFolder() {
	const folder = mkdtempSync(join(tmpdir(), 'licet-flows-'));
	folders.add(folder);
	return folder;
}

/* A port that is free on both loopback addresses. */
export async function freePort() {
	for (;;) {
		const first = await listenOn('127.0.0.1', 0);
		const { port } = first.address();
		const second = await listenOn('::1', port).catch(() => null);
		await new Promise((done) => first.close(done));
		if (second) {
			await new Promise((done) => second.close(done));
			return port;
		}
	}
}

function listenOn(host, port) {
	return new Promise((done, fail) => {
		const server = createServer();
		server.once('error', fail);
		server.listen({ host, port }, () => done(server));
	});
}

function sanitizerSettings() {
	return {
		ASAN_OPTIONS: 'detect_leaks=1:abort_on_error=0',
		UBSAN_OPTIONS: 'print_stacktrace=1:halt_on_error=1',
	};
}

/* `within`: the words of a command that becomes the one behind them. */
function spawnProgram(args, { within = [], env = {} } = {}) {
	const [first, ...rest] = [...within, program(), ...args];
	const child = spawn(first, rest, {
		stdio: ['ignore', 'pipe', 'pipe'],
		env: { ...sanitizerSettings(), ...process.env, ...env },
	});
	const server = { child, args, stdout: '', stderr: '', ended: null };
	child.stdout.on('data', (bytes) => (server.stdout += bytes));
	child.stderr.on('data', (bytes) => (server.stderr += bytes));
	running.add(child);
	server.end = new Promise((done) => {
		child.on('error', (error) => done({ error }));
		child.on('close', (code, signal) => done({ code, signal }));
	}).then((ended) => {
		running.delete(child);
		server.ended = ended;
		return ended;
	});
	return server;
}

async function waitUntilReady(server, probe) {
	const deadline = Date.now() + READY_WITHIN_MS;
	while (Date.now() < deadline) {
		if (server.ended)
			break;
		const reply = await send(probe).catch(() => null);
		if (reply?.status === 200)
			return;
		await sleep(20);
	}
	const why = server.ended ? `it ended: ${JSON.stringify(server.ended)}` : 'too slow';
	server.child.kill('SIGKILL');
	throw new Error(`licet ${server.args.join(' ')} did not answer /healthz: ${why}\n` +
		server.stdout + server.stderr);
}

async function stop(server) {
	if (!server.ended)
		server.child.kill('SIGTERM');
	const timer = sleep(ENDS_WITHIN_MS, 'late', { ref: false });
	if ((await Promise.race([server.end, timer])) === 'late') {
		server.child.kill('SIGKILL');
		await server.end;
		assert.fail(`licet did not end within ${ENDS_WITHIN_MS} ms of SIGTERM`);
	}
	assert.doesNotMatch(server.stderr, SANITIZER);
	assert.deepEqual(server.ended, { code: 0, signal: null }, server.stderr.slice(-4000));
}

async function kill(server) {
	server.child.kill('SIGKILL');
	await server.end;
	assert.doesNotMatch(server.stderr, SANITIZER);
}

function assertAlive(server) {
	assert.equal(server.ended, null, `the server has ended:\n${server.stderr.slice(-4000)}`);
}

function handleOf(server, port, origin, data, ca) {
	return {
		port,
		origin,
		data,
		ca,
		pid: server.child.pid,
		tenant: (profile) => tenantOf(profile, origin),
		tenants: tenantsOf(origin),
		stdout: () => server.stdout,
		stderr: () => server.stderr,
		assertAlive: () => assertAlive(server),
		stop: () => stop(server),
		kill: () => kill(server),
		ended: () => server.end,
	};
}

/* `licet demo` on a port and a folder of its own, or on those given. */
export async function startDemo({ port, data = newFolder(), dsn } = {}) {
	port ??= await freePort();
	dsn ??= isOnPostgres ? dsnOf(data) : undefined;
	const store = dsn ? ['--postgres', dsn] : [];
	const server = spawnProgram(['demo', '--listen', `localhost:${port}`, '--data', data, ...store]);
	const origin = `http://localhost:${port}`;
	await waitUntilReady(server, { url: `${origin}/healthz` });
	return handleOf(server, port, origin, data);
}

/* `licet serve` with a configuration file; the caller says where it will answer. */
export async function startServe({ config, port, origin, data, ca, within, env }) {
	const server = spawnProgram(['serve', '--config', config], { within, env });
	await waitUntilReady(server, { url: `${origin}/healthz`, ca });
	return handleOf(server, port, origin, data, ca);
}

/* Runs one command to its end: {code, signal, stdout, stderr}. */
export async function runCommand(args) {
	const server = spawnProgram(args);
	const timer = sleep(ENDS_WITHIN_MS, 'late', { ref: false });
	const ended = await Promise.race([server.end, timer]);
	if (ended === 'late')
		server.child.kill('SIGKILL');
	assert.notEqual(ended, 'late', `licet ${args.join(' ')} did not end`);
	assert.ok(!ended.error, `licet ${args.join(' ')}: ${ended.error}`);
	assert.doesNotMatch(server.stderr, SANITIZER);
	return { ...ended, stdout: server.stdout, stderr: server.stderr };
}

/* What the event log says of the request, in a line that has `part`; it comes by a pipe of its
 * own. */
export async function decisionOf(licet, reply, part = '"reason"') {
	for (let i = 0; i < 200; i++) {
		const line = licet.stderr().split('\n').slice(0, -1).find((one) =>
			one.includes(reply.headers['x-request-id']) && one.includes(part));
		if (line)
			return JSON.parse(line);
		await sleep(20);
	}
	return assert.fail('the decision is told');
}

/* The last test of a file: its server stands, ends when told to, and is clean. */
export function endsCleanly(licet) {
	test('the server is still there, ends on SIGTERM and the sanitizers are silent', async () => {
		licet.assertAlive();
		await licet.stop();
	});
}
