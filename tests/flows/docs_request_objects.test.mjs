/* SPDX-License-Identifier: Apache-2.0 */
/* The command lines of docs/request-objects.md, run as they stand there. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createHash, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Agent } from './lib/agent.mjs';
import { authorizeUrl, pushedUrl } from './lib/flow.mjs';
import { textOf } from './lib/html.mjs';
import { importInto, metadataOf } from './lib/import.mjs';
import { endsCleanly, newFolder, startDemo } from './lib/licet.mjs';
import { requestUrl } from './lib/request_object.mjs';
import { users } from './lib/tenants.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const page = readFileSync(join(here, '../../docs/request-objects.md'), 'utf8');
const blocks = [...page.matchAll(/^```(sh|js)\n(.*?)^```$/gms)].map(([, language, text]) => ({ language, text }));

const licet = await startDemo();
const tenant = licet.tenant('rfc');
const bank = { id: 'bank', secret: 'bank-secret-0123456789abcdef0123456789', auth: 'basic',
	redirectUri: 'https://bank.example/callback' };

const folder = newFolder();
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
writeFileSync(join(folder, 'key.pem'), privateKey.export({ type: 'pkcs8', format: 'pem' }));

await importInto(licet, tenant, { clients: [metadataOf(bank, {
	jwks: { keys: [createPublicKey(privateKey).export({ format: 'jwk' })] },
	request_object_signing_alg: 'RS256', request_object_encryption_alg: 'ECDH-ES',
	response_modes: ['query', 'query.jwt'] })] });

function block(language, words) {
	const found = blocks.filter((one) => one.language === language && one.text.includes(words));
	assert.equal(found.length, 1, `one ${language} block with ${words}`);
	return found[0].text.replaceAll('https://id.example', tenant.base).replaceAll('SECRET', bank.secret);
}

function shell(script, environment = {}) {
	return execFileSync('sh', ['-euc', script], { cwd: folder, encoding: 'utf8',
		env: { ...process.env, ...environment } });
}

async function signIn(url) {
	const { callback, page: shown } = await new Agent().authorize(url, { user: users.alice });
	assert.ok(callback, textOf(shown?.text ?? ''));
	return callback.searchParams;
}

const byHand = block('sh', '-d client_id=bank');
const published = block('sh', '>sign-in.jwt');
const said = shell(`${byHand}\necho\n${published}`).trim().split('\n');
const object = readFileSync(join(folder, 'sign-in.jwt'), 'utf8');

test('what openssl signs and curl pushes ends in a code', async () => {
	const reply = JSON.parse(said[0]);
	assert.equal((await signIn(pushedUrl(tenant, { client: bank, requestUri: reply.request_uri }))).get('state'),
		'xyz');
});

test('what is to be published is the same object, its fragment its hash', async () => {
	assert.equal(said[1], createHash('sha256').update(object).digest('base64url'));
	assert.ok((await signIn(requestUrl(tenant, bank, object))).get('code'));
});

test('what jose encrypts ends in a code', async () => {
	const script = `const signed = process.argv[1];\n${block('js', 'CompactEncrypt')}\nprocess.stdout.write(request);`;
	const request = execFileSync(process.execPath, ['--input-type=module', '-e',
		script, object], { cwd: here, encoding: 'utf8' });
	assert.equal(request.split('.').length, 5);
	assert.equal((await signIn(requestUrl(tenant, bank, request))).get('state'), 'xyz');
});

test('a signed response is looked into', async () => {
	const params = await signIn(authorizeUrl(tenant, { client_id: bank.id, redirect_uri: bank.redirectUri,
		scope: 'openid', state: 'looked-into', response_mode: 'query.jwt' }));
	const claims = shell(block('sh', '$RESPONSE'), { RESPONSE: params.get('response') });
	assert.match(claims, /"state":"looked-into"/);
});

endsCleanly(licet);
