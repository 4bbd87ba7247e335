/* SPDX-License-Identifier: Apache-2.0 */
/* Starts programs as an unprivileged user, each in a process group of its own, and ends them by id. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chownSync, closeSync, fstatSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, readFileSync,
	rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { unprivileged } from '../../flows/lib/postgres.mjs';
import { isRootByNameOnly } from './namespaces.mjs';

const groups = new Set();
const folders = new Set();
const disks = new Set();

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
	if (process.env.LICET_KEEP)
		return;
	for (const disk of disks)
		spawnSync('umount', ['--lazy', disk]);
	for (const folder of folders)
		rmSync(folder, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM'])
	process.on(signal, () => process.exit(1));

/* PostgreSQL refuses to run as root, even where root is a name for an ordinary user. */
export const owner = (!isRootByNameOnly && unprivileged()) || {};
const becomesOwner = isRootByNameOnly
	? ['unshare', '--user', '--map-user=1000', '--map-group=1000']
	: ['setpriv', ...(owner.uid === undefined ? []
		: [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'])];

/* Whoever enters a machine is root until it has. */
function commandOn(machine, command) {
	if (!machine && !isRootByNameOnly)
		return { words: command, ...owner };
	return { words: [...(machine?.enter ?? []), ...becomesOwner, ...command] };
}

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

/* A folder whose disk has so many MiB and no more; in namespaces of our own. */
export function makeDisk(path, mebibytes) {
	makeFolder(path);
	const asWhom = owner.uid === undefined ? '' : `,uid=${owner.uid},gid=${owner.gid}`;
	execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m,mode=700${asWhom}`, 'tmpfs', path]);
	disks.add(path);
	return path;
}

/* Takes all room but so many bytes, until `freeDisk`. */
export function fillDisk(path, left = 0) {
	const ballast = openSync(join(path, 'ballast'), 'w');
	for (let size = 1 << 20; size >= 4096; size /= 2)
		while (writeUntilFull(ballast, size));
	ftruncateSync(ballast, fstatSync(ballast).size - left);
	closeSync(ballast);
}

function writeUntilFull(fd, size) {
	try {
		return writeSync(fd, Buffer.alloc(size)) > 0;
	} catch (error) {
		if (error.code !== 'ENOSPC')
			throw error;
		return false;
	}
}

export function freeDisk(path) {
	rmSync(join(path, 'ballast'));
}

/* A program that goes on, here or on a machine; what it says is in `log`. */
export class Running {
	constructor(command, args, { log, env = {}, cwd, machine } = {}) {
		const out = openSync(log, 'a');
		const { words, uid, gid } = commandOn(machine, [command, ...args]);
		this.log = log;
		this.child = spawn(words[0], words.slice(1), {
			stdio: ['ignore', out, out], detached: true, cwd, uid, gid,
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

/* `tell`: what is so instead, for whoever reads of the failure. */
export async function until(what, within_ms, holds, tell = () => '') {
	const deadline = Date.now() + within_ms;
	for (;;) {
		const value = await holds();
		if (value)
			return value;
		if (Date.now() > deadline)
			assert.fail(`${what}: not within ${within_ms / 1000} s ${await tell()}`);
		await sleep(100);
	}
}
