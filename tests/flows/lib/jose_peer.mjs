/* SPDX-License-Identifier: Apache-2.0 */
/* Our JOSE, driven over its standard input: tests/unit/jose/jose_peer.c. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { program } from './licet.mjs';

/* Starts it: {ask, stop}. `ask` gives {text} or {refused: a sentence}. */
export function startPeer() {
	const file = join(dirname(program()), '../../tests/unit/jose/jose_peer');
	assert.ok(existsSync(file), `${file} is built with the unit tests`);
	const child = spawn(file, { stdio: ['pipe', 'pipe', 'inherit'] });
	const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
	const end = new Promise((done) => child.on('close', (code, signal) => done({ code, signal })));
	return {
		async ask(verb, members) {
			child.stdin.write(`${JSON.stringify({ verb, ...members })}\n`);
			const { value, done } = await lines.next();
			assert.ok(!done, `it ended: ${JSON.stringify(done && await end)}`);
			return JSON.parse(value);
		},
		async stop() {
			child.stdin.end();
			assert.deepEqual(await end, { code: 0, signal: null });
		},
	};
}
