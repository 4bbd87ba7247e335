/* SPDX-License-Identifier: Apache-2.0 */
/* Client assertions by node's own crypto: right ones, and wrong in one place. */
import { createHmac, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { clients } from './tenants.mjs';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

function encode(value) {
	return Buffer.from(JSON.stringify(value)).toString('base64url');
}

/* A client with a P-256 key of its own. */
export function newSigner(id) {
	const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	return { id, kid: `${id}-key`, privateKey, publicKey, auth: 'post',
		redirectUri: clients.web.redirectUri };
}

/* What its registration says beyond metadataOf. */
export function signerMetadata({ publicKey, kid }) {
	return { token_endpoint_auth_method: 'private_key_jwt',
		jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid, use: 'sig' }] } };
}

function claimsOf(client, tenant, claims) {
	const now = Math.floor(Date.now() / 1000);
	return { iss: client.id, sub: client.id, aud: tenant.issuer, iat: now, exp: now + 60,
		jti: randomUUID(), ...claims };
}

/* The assertion of a request; `claims` and `header` lie over the right ones, undefined takes
 * one away. */
export function assertionOf(client, tenant, claims = {}, header = {}) {
	const input = `${encode({ alg: 'ES256', kid: client.kid, ...header })}.` +
		encode(claimsOf(client, tenant, claims));
	const signature = sign('sha256', input, { key: client.privateKey, dsaEncoding: 'ieee-p1363' });
	return `${input}.${signature.toString('base64url')}`;
}

/* The same with HS256, keyed by the client's secret. */
export function macOf(client, tenant, claims = {}) {
	const input = `${encode({ alg: 'HS256' })}.${encode(claimsOf(client, tenant, claims))}`;
	return `${input}.${createHmac('sha256', client.secret).update(input).digest('base64url')}`;
}

export function assertionParams(assertion) {
	return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
}
