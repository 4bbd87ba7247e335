/* SPDX-License-Identifier: Apache-2.0 */
/* Wall clocks that can be set while the programs that read them run. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { newFolder } from './processes.mjs';

const folder = newFolder('skew');
const library = join(folder, 'skew.so');
execFileSync('cc', ['-shared', '-fPIC', '-O1', '-o', library,
	fileURLToPath(new URL('skew.c', import.meta.url))]);
chmodSync(folder, 0o755);

export class Clock {
	constructor() {
		const own = mkdtempSync(join(folder, 'clock-'));
		this.file = join(own, 'skew');
		chmodSync(own, 0o755);
		this.set(0);
		/* A sanitizer wants to be the first to be loaded. */
		this.env = { LD_PRELOAD: library, LICET_SKEW: this.file,
			ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? 'detect_leaks=1'}:verify_asan_link_order=0` };
	}

	/* How far it is ahead of this machine's. */
	set(seconds) {
		const bytes = Buffer.alloc(8);
		bytes.writeBigInt64LE(BigInt(seconds) * 1_000_000_000n);
		writeFileSync(this.file, bytes, { flag: this.isThere ? 'r+' : 'w', mode: 0o644 });
		this.isThere = true;
	}
}
