/* SPDX-License-Identifier: Apache-2.0 */
/* Our JOSE and node's jose: what one signs or encrypts the other reads, what one refuses the other refuses. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { CompactEncrypt, CompactSign, base64url, compactDecrypt, compactVerify, exportJWK,
	generateKeyPair, importJWK } from 'jose';
import { startPeer } from './lib/jose_peer.mjs';

const peer = startPeer();
after(() => peer.stop());

const PAYLOAD = '{"sub":"alice","name":"Ålice \u{1f511}"}';
const SIGNATURES = { RS256: 'RSA', RS384: 'RSA', RS512: 'RSA', PS256: 'RSA', PS384: 'RSA',
	PS512: 'RSA', ES256: 'P-256', ES384: 'P-384', ES512: 'P-521', EdDSA: 'Ed25519' };
const ENCRYPTIONS = ['A128CBC-HS256', 'A256CBC-HS512', 'A128GCM', 'A256GCM'];
const RECIPIENTS = { RSA: 'RSA-OAEP-256', 'P-256': 'ECDH-ES', 'P-384': 'ECDH-ES', 'P-521': 'ECDH-ES' };

/* One pair of each type on either side. */
const ours = {};
const theirs = {};
for (const type of new Set(Object.values(SIGNATURES)))
	ours[type] = await peer.ask('generate', { type });

async function theirPair(alg, crv) {
	const name = `${alg} ${crv}`;
	theirs[name] ??= await generateKeyPair(alg, { crv, extractable: true, modulusLength: 2048 });
	return { ...theirs[name], jwk: await exportJWK(theirs[name].publicKey) };
}

async function weSign(alg, header = { alg }) {
	const { text } = await peer.ask('sign', { key: ours[SIGNATURES[alg]].key, alg, text: PAYLOAD,
		header: JSON.stringify(header) });
	return text;
}

async function theyVerify(compact, alg, jwk = ours[SIGNATURES[alg]].jwk) {
	const { payload } = await compactVerify(compact, await importJWK(jwk, alg), { algorithms: [alg] });
	return new TextDecoder().decode(payload);
}

function weVerify(compact, alg, jwk = ours[SIGNATURES[alg]].jwk) {
	return peer.ask('verify', { jwk, alg, text: compact });
}

/* Another bit in the middle of a part: canonical base64url still. */
function alter(compact, part) {
	const parts = compact.split('.');
	const at = parts[part].length >> 1;
	const other = parts[part][at] === 'A' ? 'B' : 'A';
	parts[part] = parts[part].slice(0, at) + other + parts[part].slice(at + 1);
	return parts.join('.');
}

for (const [alg, type] of Object.entries(SIGNATURES)) {
	test(`${alg}: what we sign jose verifies, and neither when altered`, async () => {
		const compact = await weSign(alg);
		assert.equal(await theyVerify(compact, alg), PAYLOAD);
		for (const part of [0, 1, 2]) {
			await assert.rejects(theyVerify(alter(compact, part), alg));
			assert.ok((await weVerify(alter(compact, part), alg)).refused);
		}
	});

	test(`${alg}: what jose signs we verify, and neither with another key`, async () => {
		const pair = await theirPair(alg, type);
		const compact = await new CompactSign(new TextEncoder().encode(PAYLOAD))
			.setProtectedHeader({ alg, kid: 'k', typ: 'JWT' }).sign(pair.privateKey);
		assert.equal((await weVerify(compact, alg, pair.jwk)).text, PAYLOAD);
		assert.ok((await weVerify(compact, alg)).refused);
		await assert.rejects(theyVerify(compact, alg));
	});

	test(`J28: ${alg}: neither takes it for another algorithm of the same key`, async () => {
		const compact = await weSign(alg);
		for (const other of Object.keys(SIGNATURES).filter((name) => name !== alg)) {
			assert.ok((await weVerify(compact, other, ours[type].jwk)).refused, other);
			await assert.rejects(async () => theyVerify(compact, other, ours[type].jwk), other);
		}
	});
}

/* What both refuse of a JWS whose signature is right. */
const header = (more) => ({ alg: 'ES256', ...more });
const refusedHeaders = {
	'J01 alg none': { alg: 'none' },
	'J01 no alg': {},
	'another alg': { alg: 'ES384' },
	'a crit that nobody knows': header({ crit: ['exp'], exp: 1 }),
	'an empty crit': header({ crit: [] }),
	'an alg that is not a string': { alg: ['ES256'] },
};
for (const [sentence, given] of Object.entries(refusedHeaders))
	test(`both refuse a header with ${sentence}`, async () => {
		const compact = await weSign('ES256', given);
		assert.ok((await weVerify(compact, 'ES256')).refused);
		await assert.rejects(theyVerify(compact, 'ES256'));
	});

const respelled = {
	'J10 two parts': (compact) => compact.split('.').slice(0, 2).join('.'),
	'J10 four parts': (compact) => `${compact}.AAAA`,
	'no signature': (compact) => `${compact.split('.').slice(0, 2).join('.')}.`,
	'J07 r and s of zero': (compact) =>
		[...compact.split('.').slice(0, 2), base64url.encode(new Uint8Array(64))].join('.'),
	'a byte more of signature': (compact) => `${compact}AA`,
	'nothing': () => '',
};
for (const [sentence, respell] of Object.entries(respelled))
	test(`both refuse ${sentence}`, async () => {
		const compact = respell(await weSign('ES256'));
		assert.ok((await weVerify(compact, 'ES256')).refused);
		await assert.rejects(theyVerify(compact, 'ES256'));
	});

/* Where we are stricter, and why. jose is right to take them by the letter of what it implements. */
const differences = {
	'J10 padding: RFC 7515 section 2 has none; jose decodes it all the same':
		async () => `${await weSign('ES256')}==`,
	'J11 a member twice: RFC 7515 section 4 lets a parser take the last, as JSON.parse does': async () => {
		const { text } = await peer.ask('sign', { key: ours['P-256'].key, alg: 'ES256', text: PAYLOAD,
			header: '{"alg":"ES256","kid":"a","kid":"b"}' });
		return text;
	},
	'b64 true: RFC 7797 is not for tokens here, whatever it says': async () =>
		weSign('ES256', header({ crit: ['b64'], b64: true })),
};
for (const [sentence, make] of Object.entries(differences))
	test(`we refuse and jose takes: ${sentence}`, async () => {
		const compact = await make();
		assert.ok((await weVerify(compact, 'ES256')).refused);
		assert.equal(await theyVerify(compact, 'ES256'), PAYLOAD);
	});

for (const [sentence, jwk] of Object.entries({
	'J08 a point that is off the curve': (one) => ({ ...one, y: one.x }),
	'a coordinate that is too short': (one) => ({ ...one, x: one.x.slice(0, 20) }),
	'a curve that nobody has': (one) => ({ ...one, crv: 'P-257' }),
	'no y': ({ y, ...rest }) => rest,
}))
	test(`both refuse a key with ${sentence}`, async () => {
		const bad = jwk(ours['P-256'].jwk);
		const compact = await weSign('ES256');
		assert.ok((await weVerify(compact, 'ES256', bad)).refused);
		await assert.rejects(async () => theyVerify(compact, 'ES256', bad));
	});

/* ---- encryption ---- */

async function theyEncrypt(jwk, alg, enc, { more = {}, party } = {}) {
	const message = new CompactEncrypt(new TextEncoder().encode(PAYLOAD))
		.setProtectedHeader({ alg, enc, ...more });
	if (party)
		message.setKeyManagementParameters(party);
	return message.encrypt(await importJWK(jwk, alg));
}

function weDecrypt(compact, type) {
	return peer.ask('decrypt', { key: ours[type].key, text: compact });
}

async function theyDecrypt(compact, key) {
	return new TextDecoder().decode((await compactDecrypt(compact, key)).plaintext);
}

for (const [type, alg] of Object.entries(RECIPIENTS))
	for (const enc of ENCRYPTIONS) {
		test(`${alg} to ${type}, ${enc}: what we encrypt jose decrypts, and not when altered`, async () => {
			const pair = await theirPair(alg, type);
			const { text: compact } = await peer.ask('encrypt', { jwk: pair.jwk, enc, text: PAYLOAD });
			assert.equal(await theyDecrypt(compact, pair.privateKey), PAYLOAD);
			for (const part of [0, 2, 3, 4])
				await assert.rejects(theyDecrypt(alter(compact, part), pair.privateKey));
		});

		test(`${alg} to ${type}, ${enc}: what jose encrypts we decrypt, and not when altered`, async () => {
			const compact = await theyEncrypt(ours[type].jwk, alg, enc, { more: { cty: 'JWT' } });
			assert.equal((await weDecrypt(compact, type)).text, PAYLOAD);
			for (const part of [0, 2, 3, 4])
				assert.ok((await weDecrypt(alter(compact, part), type)).refused);
		});
	}

test('both agree on apu and apv', async () => {
	const party = { apu: new TextEncoder().encode('Alice'), apv: new TextEncoder().encode('Bob') };
	const compact = await theyEncrypt(ours['P-256'].jwk, 'ECDH-ES', 'A256GCM', { party });
	assert.equal((await weDecrypt(compact, 'P-256')).text, PAYLOAD);
});

test('neither decrypts what was encrypted to another key', async () => {
	const pair = await theirPair('ECDH-ES', 'P-256');
	const compact = await theyEncrypt(pair.jwk, 'ECDH-ES', 'A256GCM');
	assert.equal((await weDecrypt(compact, 'P-256')).refused, 'it does not decrypt');
	const stranger = await generateKeyPair('ECDH-ES', { crv: 'P-256' });
	await assert.rejects(theyDecrypt(compact, stranger.privateKey));
});

test('neither encrypts to a key that only signs', async () => {
	assert.ok((await peer.ask('encrypt', { jwk: ours.Ed25519.jwk, enc: 'A256GCM', text: 'x' })).refused);
	await assert.rejects(async () => theyEncrypt(ours.Ed25519.jwk, 'ECDH-ES', 'A256GCM'));
});

/* What jose has and we leave out: SHA-1, and a wrapping that direct agreement makes superfluous. */
for (const [type, alg, enc] of [['RSA', 'RSA-OAEP', 'A256GCM'], ['RSA', 'RSA-OAEP-512', 'A256GCM'],
	['P-256', 'ECDH-ES+A128KW', 'A256GCM'], ['P-256', 'ECDH-ES+A256KW', 'A128CBC-HS256'],
	['RSA', 'RSA-OAEP-256', 'A192GCM']])
	test(`we refuse ${alg} with ${enc}, which jose has`, async () => {
		const compact = await theyEncrypt(ours[type].jwk, alg, enc);
		assert.match((await weDecrypt(compact, type)).refused, /alg|enc/);
	});

test('J16 a billion rounds of PBES2 are refused without counting them', async () => {
	const compact = await new CompactEncrypt(new TextEncoder().encode(PAYLOAD))
		.setProtectedHeader({ alg: 'PBES2-HS256+A128KW', enc: 'A128GCM' })
		.setKeyManagementParameters({ p2c: 1000 }).encrypt(new TextEncoder().encode('password'));
	const [first, ...rest] = compact.split('.');
	const bomb = { ...JSON.parse(new TextDecoder().decode(base64url.decode(first))), p2c: 1e9 };
	const before = performance.now();
	assert.match((await weDecrypt([base64url.encode(JSON.stringify(bomb)), ...rest].join('.'),
		'P-256')).refused, /alg/);
	assert.ok(performance.now() - before < 500);
});

test('J17 zip is refused by name', async () => {
	const compact = await theyEncrypt(ours['P-256'].jwk, 'ECDH-ES', 'A256GCM');
	const [first, ...rest] = compact.split('.');
	const zipped = { ...JSON.parse(new TextDecoder().decode(base64url.decode(first))), zip: 'DEF' };
	assert.match((await weDecrypt([base64url.encode(JSON.stringify(zipped)), ...rest].join('.'),
		'P-256')).refused, /zip/);
});
