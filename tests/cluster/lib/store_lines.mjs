/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration's part on a PostgreSQL store, its password in a file of its own. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { newFolder } from '../../flows/lib/licet.mjs';

export function storeLinesOf(cluster, more = []) {
	const file = join(newFolder(), 'password');
	writeFileSync(file, `${cluster.password}\n`, { mode: 0o600 });
	return ['store:', '  postgres:', `    dsn: ${JSON.stringify(cluster.dsn())}`,
		`    password_file: ${file}`, ...more];
}
