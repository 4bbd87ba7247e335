/* SPDX-License-Identifier: Apache-2.0 */
/* A copy of the store in use, put back elsewhere, and the epoch that follows (E11, K05). */
import assert from 'node:assert/strict';
import { copyFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorOf, exchange, isActive, obtainCode, obtainTokens, refresh, tokensOf, userinfo }
	from './lib/flow.mjs';
import { endsCleanly, newFolder, runCommand, startDemo } from './lib/licet.mjs';
import { clients, profiles } from './lib/tenants.mjs';

const licet = await startDemo();
const folder = newFolder();
const file = join(folder, 'licet.db');
const known = new Map();
for (const profile of profiles) {
	const tenant = licet.tenant(profile);
	const web = await obtainTokens(tenant);
	known.set(profile, { web, code: await obtainCode(tenant, { agent: web.agent }) });
}

/* Sign-ins that go on while the copy is made; how many were answered. */
async function signInUntil(done) {
	const over = done.then(() => true);
	let count = 0;
	while (!(await Promise.race([over, sleep(0, false)]))) {
		await obtainTokens(licet.tenant('rfc'));
		count++;
	}
	return count;
}

const making = runCommand(['backup', file, '--data', licet.data]);
const meanwhile = await signInUntil(making);
const made = await making;

test('a backup is made while people sign in, and says that it was checked', () => {
	assert.equal(made.code, 0, made.stderr);
	assert.match(made.stdout, /licet\.db: \d+\.\d MiB, checked\n$/);
	assert.ok(meanwhile > 0, 'nobody signed in meanwhile');
});

test('a backup is one file that only its owner can read', () => {
	assert.equal(statSync(file).mode & 0o777, 0o600);
	for (const more of ['.partial', '-wal', '-shm', '.partial-wal', '.partial-shm'])
		assert.equal(existsSync(file + more), false, `${file}${more} was left`);
});

test('K05 a backup holds no code, token or secret as it was issued', () => {
	const bytes = readFileSync(file, 'latin1');
	for (const { web, code } of known.values())
		for (const secret of [web.tokens.access_token, web.tokens.refresh_token, code.code,
			clients.web.secret])
			assert.equal(bytes.includes(secret), false);
});

test('a backup never replaces a file', async () => {
	const before = statSync(file);
	const again = await runCommand(['backup', file, '--data', licet.data]);
	assert.equal(again.code, 1);
	assert.match(again.stderr, /File exists: a backup never replaces a file; name another/);
	assert.equal(statSync(file).mtimeMs, before.mtimeMs);
});

test('a backup that another left unfinished is named, and left alone', async () => {
	const other = join(folder, 'other.db');
	writeFileSync(`${other}.partial`, 'begun');
	const refused = await runCommand(['backup', other, '--data', licet.data]);
	assert.equal(refused.code, 1);
	assert.match(refused.stderr, /other\.db\.partial: File exists: what an earlier backup left/);
	assert.equal(readFileSync(`${other}.partial`, 'utf8'), 'begun');
});

test('a backup into a folder that is not there says so', async () => {
	const refused = await runCommand(['backup', join(folder, 'no', 'x.db'), '--data', licet.data]);
	assert.equal(refused.code, 1);
	assert.match(refused.stderr, /No such file or directory/);
});

/* --- put back ----------------------------------------------------------------- */

const restored = newFolder();
copyFileSync(file, join(restored, 'licet.db'));
copyFileSync(join(licet.data, 'master.key'), join(restored, 'master.key'));
await licet.stop();
const second = await startDemo({ data: restored, port: licet.port });

test('what was issued before a backup is good in the store put back', async () => {
	const tenant = second.tenant('rfc');
	assert.equal(await isActive(tenant, known.get('rfc').web.tokens.access_token), true);
});

test('`licet store restored` says what it did', async () => {
	const said = await runCommand(['store', 'restored', '--data', restored]);
	assert.equal(said.code, 0, said.stderr);
	assert.equal(said.stdout, 'a new epoch has begun: what was issued before is void\n');
	await sleep(2_500);
});

for (const profile of profiles) {
	const { web, code } = known.get(profile);

	test(`E11 ${profile}: in a new epoch codes and tokens of the one before are refused`, async () => {
		const tenant = second.tenant(profile);
		assert.equal(errorOf(await exchange(tenant, code)).error, 'invalid_grant');
		assert.equal(errorOf(await refresh(tenant, clients.web, web.tokens.refresh_token)).error,
			'invalid_grant');
		assert.equal((await userinfo(tenant, web.tokens.access_token)).status, 401);
		assert.equal(await isActive(tenant, web.tokens.access_token), false);
	});

	test(`E11 ${profile}: in a new epoch a session of the one before signs nobody in`, async () => {
		const again = await obtainCode(second.tenant(profile), { agent: web.agent });
		assert.equal(again.signedIn, true);
		tokensOf(await exchange(second.tenant(profile), again));
	});
}

test('E11 the refusal tells the operator that the store was restored', async () => {
	const { web } = known.get('rfc');
	const reply = await refresh(second.tenant('rfc'), clients.web, web.tokens.refresh_token);
	const told = await runCommand(['explain', '--data', restored, '--',
		reply.headers['x-request-id']]);
	assert.equal(told.code, 0, told.stderr);
	assert.match(told.stdout, /epoch_old/);
	assert.match(told.stdout, /from before the store was restored/);
});

endsCleanly(second);
