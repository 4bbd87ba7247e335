/* SPDX-License-Identifier: Apache-2.0 */
/* Request objects (RFC 9101), as an application signs them, or an attacker. */
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { authorizeUrl } from './flow.mjs';

/* {jwks, key, kid, alg}: what a client registers, and what it signs with. */
export async function newObjectKey(alg = 'ES256') {
	const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
	const kid = `key-${alg}`;
	return { alg, kid, key: privateKey,
		jwks: { keys: [{ ...await exportJWK(publicKey), kid, alg, use: 'sig' }] } };
}

export function now() {
	return Math.floor(Date.now() / 1000);
}

/* The claims of a good one; undefined leaves out. */
export function claimsOf(tenant, client, params = {}) {
	return { iss: client.id, aud: tenant.issuer, exp: now() + 300, nbf: now(), client_id: client.id,
		response_type: 'code', redirect_uri: client.redirectUri, scope: 'openid', state: 'the-state',
		...params };
}

export function sign(signer, claims, header = {}) {
	return new SignJWT(claims).setProtectedHeader({ alg: signer.alg, kid: signer.kid,
		typ: 'oauth-authz-req+jwt', ...header }).sign(signer.key);
}

export function unsecured(claims) {
	return new UnsecuredJWT(claims).encode();
}

/* The authorization request that carries it. */
export function requestUrl(tenant, client, request, params = {}) {
	return authorizeUrl(tenant, { response_type: null, client_id: client.id, request, ...params });
}
