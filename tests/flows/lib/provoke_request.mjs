/* SPDX-License-Identifier: Apache-2.0 */
/* How to bring about each reason of request objects, at both endpoints that take them. */
import { ask, authorizeUrl } from './flow.mjs';
import { send } from './http.mjs';
import { claimsOf, now, newObjectKey, requestUrl, sign } from './request_object.mjs';

const stranger = await newObjectKey();
const unregistered = await newObjectKey('PS256');

/* What is wrong with it: (signer, claims) => the object. */
const objects = {
	request_object_malformed: () => 'not.a.jwt',
	request_object_encryption: () => 'e30.e30.e30.e30.e30',
	request_object_algorithm: (signer, claims) => sign(unregistered, claims),
	request_object_signature: (signer, claims) => sign(stranger, claims),
	request_object_claims: (signer, claims) => sign(signer, { ...claims, exp: now() + 7200 }),
	request_object_conflict: (signer, claims) => sign(signer, { ...claims, client_id: 'another' }),
};

const arguments_ = { request_object_conflict: 'client_id' };

function each(deliver) {
	return Object.fromEntries(Object.entries(objects).map(([reason, objectOf]) => [reason,
		async (place) => {
			const { tenant, signing, objectKey } = place;
			const request = await objectOf(objectKey, claimsOf(tenant, signing));
			return { argument: arguments_[reason] ?? 'request', reply: await deliver(place, request) };
		}]));
}

export const provokeRequest = {
	...each(({ tenant, signing }, request) => send({ url: requestUrl(tenant, signing, request) })),
	request_object_required: async ({ tenant, sealed }) => ({
		reply: await send({ url: authorizeUrl(tenant,
			{ client_id: sealed.id, redirect_uri: sealed.redirectUri }) }),
	}),
};

export const provokePushedRequest = {
	...each(({ tenant, signing }, request) => ask(tenant.par, signing, { request })),
	request_object_required: async ({ tenant, sealed }) => ({
		reply: await ask(tenant.par, sealed,
			{ response_type: 'code', redirect_uri: sealed.redirectUri }),
	}),
};
