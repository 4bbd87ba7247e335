/* SPDX-License-Identifier: Apache-2.0 */
/* Runs a test file again in namespaces of its own, where it may make networks and mount folders. */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const MARK = 'LICET_NAMESPACES';

/* In a user namespace that knows one user only, who is root there. */
export const isRootByNameOnly = process.env[MARK] !== undefined &&
	Number(readFileSync('/proc/self/uid_map', 'utf8').trim().split(/\s+/)[2]) === 1;

/* The file's first act. Returns in there alone; outside, the file ends as the one in there does. */
export async function enterNamespaces(url) {
	if (process.env[MARK] !== undefined) {
		execFileSync('ip', ['link', 'set', 'lo', 'up']);
		return;
	}
	const asWhom = process.getuid() === 0 ? [] : ['--user', '--map-root-user'];
	const inside = spawn('unshare', [...asWhom, '--net', '--mount', '--fork', '--kill-child=SIGTERM',
		process.execPath, ...process.execArgv, fileURLToPath(url)],
	{ stdio: 'inherit', env: { ...process.env, [MARK]: '' } });
	/* unshare itself hears of nothing less. */
	process.on('exit', () => inside.kill('SIGKILL'));
	for (const signal of ['SIGINT', 'SIGTERM'])
		process.on(signal, () => process.exit(1));
	inside.on('close', (code) => process.exit(code ?? 1));
	await new Promise(() => {});
}
