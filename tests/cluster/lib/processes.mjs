/* SPDX-License-Identifier: Apache-2.0 */
/* Starts programs as an unprivileged user, each in a process group of its own, and ends them by id. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { chownSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unprivileged } from '../../flows/lib/postgres.mjs';

const groups = new Set();
const folders = new Set();

function signalGroup(pid, signal) {
	try {
		process.kill(-pid, signal);
		return true;
	} catch (error) {
		if (error.code !== 'ESRCH')
			throw error;
		return false;
	}
}

process.on('exit', () => {
	for (const pid of groups)
		signalGroup(pid, 'SIGKILL');
	for (const folder of folders)
		rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'])
	process.on(signal, () => process.exit(1));

/* PostgreSQL refuses to run as root. */
export const owner = unprivileged() ?? {};

export function makeFolder(path) {
	mkdirSync(path, { mode: 0o700 });
	if (owner.uid !== undefined)
		chownSync(path, owner.uid, owner.gid);
	return path;
}

export function newFolder(name) {
	const folder = mkdtempSync(join(tmpdir(), `licet-${name}-`));
	folders.add(folder);
	if (owner.uid !== undefined)
		chownSync(folder, owner.uid, owner.gid);
	return folder;
}

/* A program that goes on; what it says is in `log`. */
export class Running {
	constructor(command, args, { log, env = {}, cwd } = {}) {
		const out = openSync(log, 'a');
		this.log = log;
		this.child = spawn(command, args, {
			stdio: ['ignore', out, out], detached: true, cwd, ...owner,
			env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8', ...env },
		});
		this.pid = this.child.pid;
		assert.ok(this.pid, `${command} could not be started`);
		groups.add(this.pid);
		this.ended = new Promise((done) => this.child.on('close', (code, signal) => {
			this.end = { code, signal };
			done(this.end);
		}));
	}

	signal(signal) {
		if (!this.end)
			process.kill(this.pid, signal);
	}

	/* With all that it has started. */
	signalAll(signal) {
		signalGroup(this.pid, signal);
	}

	async kill() {
		this.signalAll('SIGKILL');
		await this.ended;
		groups.delete(this.pid);
	}

	said() {
		return readFileSync(this.log, 'utf8');
	}
}

export async function until(what, within_ms, holds) {
	const deadline = Date.now() + within_ms;
	for (;;) {
		const value = await holds();
		if (value)
			return value;
		assert.ok(Date.now() < deadline, `${what}: not within ${within_ms / 1000} s`);
		await sleep(100);
	}
}
