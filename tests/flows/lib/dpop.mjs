/* SPDX-License-Identifier: Apache-2.0 */
/* DPoP proofs made by hand (RFC 9449 section 4.2), right or wrong in any part. */
import { createHash, generateKeyPairSync, randomUUID, sign } from 'node:crypto';

export function newKey() {
	const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
	return { privateKey, jwk: publicKey.export({ format: 'jwk' }) };
}

function sha256(text) {
	return createHash('sha256').update(text).digest('base64url');
}

/* RFC 7638. */
export function thumbprintOf({ jwk: { crv, kty, x, y } }) {
	return sha256(JSON.stringify({ crv, kty, x, y }));
}

function encode(object) {
	return Buffer.from(JSON.stringify(object)).toString('base64url');
}

/* A proof; members of `header` and `claims` replace, undefined ones take away. */
export function proofBy(key, { method = 'POST', url, token, nonce, header, claims, signedBy = key }) {
	const input = [
		{ typ: 'dpop+jwt', alg: 'ES256', jwk: key.jwk, ...header },
		{ jti: randomUUID(), htm: method, htu: url, iat: Math.floor(Date.now() / 1000),
			ath: token && sha256(token), nonce, ...claims },
	].map(encode).join('.');
	const signature = sign('sha256', Buffer.from(input),
		{ key: signedBy.privateKey, dsaEncoding: 'ieee-p1363' });
	return `${input}.${signature.toString('base64url')}`;
}
