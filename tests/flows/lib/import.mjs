/* SPDX-License-Identifier: Apache-2.0 */
/* licet import from a test: clients, people and resources of its own, while servers run. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { newFolder, runCommand } from './licet.mjs';

/* Servers look for changes of the store every second. */
const SEEN_WITHIN_MS = 2_500;

/* How a command names the store of a server: {config} of `licet serve`, {data} of the demo. */
export function storeOf({ config, data }) {
	return config ? ['--config', config] : ['--data', data];
}

/* Runs the import whatever becomes of it: {code, stdout, stderr}. */
export function runImport(licet, tenant, document) {
	const file = join(newFolder(), 'import.json');
	writeFileSync(file, typeof document === 'string' ? document : JSON.stringify(document));
	const where = tenant ? ['--tenant', tenant.name] : [];
	return runCommand(['import', file, ...storeOf(licet), ...where]);
}

/* Imports into a tenant, and waits until running servers have seen it. What was said. */
export async function importInto(licet, tenant, document) {
	const done = await runImport(licet, tenant, document);
	assert.equal(done.code, 0, done.stdout + done.stderr);
	await sleep(SEEN_WITHIN_MS);
	return done.stdout + done.stderr;
}

/* A client's metadata (RFC 7591) from what the flows know of it. */
export function metadataOf(client, more = {}) {
	return {
		client_id: client.id,
		client_name: client.id,
		redirect_uris: [client.redirectUri],
		token_endpoint_auth_method: client.auth === 'none' ? 'none' : `client_secret_${client.auth}`,
		...(client.secret ? { client_secret: client.secret } : {}),
		grant_types: ['authorization_code', 'refresh_token'],
		response_types: ['code'],
		scope: 'openid profile email address phone offline_access',
		...more,
	};
}
