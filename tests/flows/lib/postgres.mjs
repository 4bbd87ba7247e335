/* SPDX-License-Identifier: Apache-2.0 */
/* A PostgreSQL of the flows' own, on a Unix socket, as a user without privileges; with
 * STORE=postgres every server and command that can keep its store there does. */
import { execFileSync, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync }
	from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const DEBIAN = '/usr/lib/postgresql';
const READY_WITHIN_MS = 30_000;

function debian() {
	const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
	const newest = versions.map(Number).filter((one) => one > 0).sort((a, b) => b - a)[0];
	if (!newest)
		throw new Error('there is no PostgreSQL: install postgresql');
	return join(DEBIAN, String(newest), 'bin');
}

/* $LICET_POSTGRES, or the newest of Debian's packages. */
export function programs() {
	return process.env.LICET_POSTGRES ?? debian();
}

/* npm's package has servers only. */
function psql() {
	const own = join(programs(), 'psql');
	return existsSync(own) ? own : join(debian(), 'psql');
}

/* initdb and postgres decline to run as root. */
export function unprivileged() {
	if (process.getuid() !== 0)
		return null;
	const users = readFileSync('/etc/passwd', 'utf8').split('\n').map((line) => line.split(':'));
	const user = users.find(([name]) => name === 'postgres') ??
		users.find(([name]) => name === 'nobody');
	return { uid: Number(user[2]), gid: Number(user[3]) };
}

/* It ends when we do, however that happens. */
function wrapped(user, name, args) {
	const become = user
		? [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] : [];
	return ['setpriv', [...become, '--pdeathsig=QUIT', join(programs(), name), ...args]];
}

/* Starts what is in the folder; its process, once it is ready. */
async function startIn(folder, user, settings) {
	const data = join(folder, 'data');
	const log = openSync(join(folder, 'log'), 'a');
	/* Nothing here is about power failures. */
	const child = spawn(...wrapped(user, 'postgres', ['-D', data, '-k', folder,
		'-c', 'listen_addresses=', '-c', 'fsync=off', '-c', 'max_connections=300',
		...settings.flatMap((setting) => ['-c', setting])]),
	{ cwd: folder, stdio: ['ignore', log, log] });
	child.unref();
	const isReady = () => {
		const file = join(data, 'postmaster.pid');
		return existsSync(file) && readFileSync(file, 'utf8').includes('ready');
	};
	for (let waited = 0; !isReady(); waited += 20) {
		if (child.exitCode !== null || waited > READY_WITHIN_MS)
			throw new Error(`postgres did not start:\n${readFileSync(join(folder, 'log'), 'utf8')}`);
		await sleep(20);
	}
	return child;
}

/* Makes and starts one: {folder, query, crash, start, stop}. */
export async function startPostgres({ settings = [] } = {}) {
	const user = unprivileged();
	const folder = mkdtempSync(join(tmpdir(), 'licet-postgres-'));
	if (user)
		chownSync(folder, user.uid, user.gid);
	const [first, initdb] = wrapped(user, 'initdb', ['-D', join(folder, 'data'), '-U', 'licet',
		'-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-sync']);
	execFileSync(first, initdb, { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
	let child = await startIn(folder, user, settings);
	const postgres = {
		folder,
		query: (sql) => queryIn(folder, sql),
		/* As a crash of the machine would: nothing is finished. */
		crash: async () => {
			const ended = new Promise((done) => child.once('close', done));
			child.kill('SIGQUIT');
			await ended;
		},
		start: async () => { child = await startIn(folder, user, settings); },
		stop: () => {
			child.kill('SIGQUIT');
			rmSync(folder, { recursive: true, force: true });
		},
	};
	process.on('exit', postgres.stop);
	return postgres;
}

function queryIn(folder, sql) {
	return execFileSync(psql(), ['-qAt', '-h', folder, '-U', 'licet',
		'-d', 'postgres', '-c', sql], { encoding: 'utf8' }).trim();
}

/* Whether the servers under test keep their stores on PostgreSQL. */
export const isOnPostgres = process.env.STORE === 'postgres';

/* The DSN of what would be the store in this folder: a schema of its own. */
export function dsnOf(data, folder = process.env.FLOWS_POSTGRES) {
	const schema = basename(data).toLowerCase().replace(/[^a-z0-9]/g, '_');
	queryIn(folder, `SET client_min_messages = warning; CREATE SCHEMA IF NOT EXISTS ${schema}`);
	return `host=${folder} user=licet dbname=postgres options='-c search_path=${schema}'`;
}

/* What the store in this folder, or in its place, answers to one statement: a row a line, columns
 * between bars. */
export function askStore(data, sql) {
	const told = isOnPostgres
		? execFileSync(psql(), ['-XAtq', dsnOf(data), '-c', sql])
		: execFileSync('sqlite3', ['-readonly', join(data, 'licet.db'), sql]);
	return told.toString().trim();
}
