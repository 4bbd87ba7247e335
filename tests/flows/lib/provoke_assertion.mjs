/* SPDX-License-Identifier: Apache-2.0 */
/* How to bring about each reason of a client assertion, at any endpoint that has it. */
import { randomUUID } from 'node:crypto';
import { assertionOf, assertionParams, newSigner } from './assertion.mjs';
import { send } from './http.mjs';

const DAY = 86_400;

function inSeconds(seconds) {
	return Math.floor(Date.now() / 1000) + seconds;
}

/* A key that nobody has registered, under a registered name. */
const stranger = newSigner('stranger');

export function provokeAssertion(endpoint, bodyOf) {
	const post = async (place, assertion) => send({ url: place.tenant[endpoint],
		form: { ...await bodyOf(place), client_id: place.signer.id,
			...assertionParams(assertion) } });
	const withClaims = (claims, argument) => async (place) => ({
		argument,
		reply: await post(place, assertionOf(place.signer, place.tenant, claims())),
	});
	const withHeader = (header) => async (place) => ({
		reply: await post(place, assertionOf(place.signer, place.tenant, {}, header)),
	});
	return {
		assertion_malformed: async (place) => ({ reply: await post(place, 'a.b.c') }),
		assertion_algorithm: withHeader({ alg: 'ES256K' }),
		assertion_key_unknown: withHeader({ kid: 'another' }),
		assertion_keys_unreachable: async (place) => ({
			reply: await post({ ...place, signer: place.distant },
				assertionOf(place.distant, place.tenant)),
		}),
		assertion_signature: async (place) => ({
			reply: await post(place, assertionOf(
				{ ...place.signer, privateKey: stranger.privateKey }, place.tenant)),
		}),
		assertion_claim_missing: withClaims(() => ({ jti: undefined }), 'jti'),
		assertion_issuer: withClaims(() => ({ sub: 'somebody' }), 'somebody'),
		assertion_audience: withClaims(() => ({ aud: 'https://elsewhere.example' })),
		assertion_expired: withClaims(() => ({ iat: inSeconds(-400), exp: inSeconds(-300) })),
		assertion_too_early: withClaims(() => ({ iat: inSeconds(120), exp: inSeconds(180) })),
		assertion_too_long: withClaims(() => ({ exp: inSeconds(2 * DAY) })),
		assertion_replayed: async (place) => replayed(place, endpoint, await bodyOf(place)),
	};
}

/* Used up by a revocation, then sent with what would have been taken otherwise. */
export async function replayed({ tenant, signer }, endpoint, body) {
	const jti = randomUUID();
	const proof = { client_id: signer.id,
		...assertionParams(assertionOf(signer, tenant, { jti })) };
	await send({ url: tenant.revoke, form: { token: 'nonsense', ...proof } });
	return { argument: jti, reply: await send({ url: tenant[endpoint], form: { ...body, ...proof } }) };
}
