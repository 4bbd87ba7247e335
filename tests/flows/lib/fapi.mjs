/* SPDX-License-Identifier: Apache-2.0 */
/* FAPI 2.0: a server with tenants under it, its applications, and their requests by hand. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { Agent } from './agent.mjs';
import { assertionOf, assertionParams, newSigner, signerMetadata } from './assertion.mjs';
import { makeCertificate } from './certificates.mjs';
import { newKey, proofBy } from './dpop.mjs';
import { authorizeUrl, challengeOf, exchangeParams, newVerifier } from './flow.mjs';
import { textOf } from './html.mjs';
import { send } from './http.mjs';
import { metadataOf } from './import.mjs';
import { newFolder } from './licet.mjs';
import { authority, serve, tenantDocument } from './serve.mjs';
import { users } from './tenants.mjs';

export const REDIRECT_URI = 'https://app.example/callback';

const folder = newFolder();

/* An application that proves itself by `method` (jwt, tls) and has its tokens bound to what
 * `binding` says (dpop, mtls; null: its registration does not say). */
export function newApplication(id, { method = 'jwt', binding = 'dpop', ...metadata } = {}) {
	const signer = newSigner(id);
	const certificate = makeCertificate(folder, id);
	return { id, method, binding, signer, certificate, dpopKey: newKey(), redirectUri: REDIRECT_URI,
		metadata: metadataOf({ id, redirectUri: REDIRECT_URI }, {
			...(method === 'jwt' ? signerMetadata(signer)
				: { token_endpoint_auth_method: 'self_signed_tls_client_auth',
					jwks: { keys: [certificate.jwk] } }),
			dpop_bound_access_tokens: binding === 'dpop',
			tls_client_certificate_bound_access_tokens: binding === 'mtls',
			...metadata,
		}) };
}

/*
 * One tenant per profile, by its layout's path: rfc requires fapi2, the vendors' allow it. The
 * applications are imported into each, asking for fapi2 where it is a choice.
 */
export function serveFapi(applications, { settings = {}, document: change = () => {} } = {}) {
	const document = (origin) => {
		const all = { tenants: [], users: [], clients: [] };
		for (const [name, prefix, profile, fapi2] of [['plain', '/t/plain', 'rfc', 'required'],
			['root', '', 'auth0', 'allowed'], ['bifrost', '/t/bifrost', 'asgardeo', 'allowed']]) {
			const url = origin + prefix;
			const one = tenantDocument(name, url, profile, { fapi2, mtls_url: url, ...settings });
			if (fapi2 === 'required')
				one.clients = [];
			one.clients.push(...applications.map(({ metadata }) =>
				({ ...metadata, tenant: name, fapi2: true })));
			for (const list of Object.keys(all))
				all[list].push(...one[list]);
		}
		change(all);
		return all;
	};
	return serve({ document,
		tls: { ...authority(), key: `${authority().key}\n      client_certificates: optional` } });
}

/* An application at a tenant: every request of it, right unless told otherwise. */
export class Caller {
	constructor(licet, tenant, application) {
		Object.assign(this, { licet, tenant, application, id: application.id });
	}

	/* What proves it: `claims` and `header` change the assertion, `proof: null` leaves it out. */
	credentials({ claims, header, proof } = {}) {
		const params = { client_id: this.id };
		if (proof === null || this.application.method !== 'jwt')
			return params;
		return { ...params, ...assertionParams(proof ??
			assertionOf(this.application.signer, this.tenant, claims, header)) };
	}

	/* Its certificate where it has use of one; `certificate: null` keeps it back. */
	connection({ certificate = this.application.certificate } = {}) {
		const { method, binding } = this.application;
		const ca = this.licet.ca;
		if (!certificate || (method !== 'tls' && binding !== 'mtls'))
			return { ca };
		return { ca, cert: certificate.cert, key: certificate.key };
	}

	/* A DPoP header where its tokens are bound by one, or where `dpop` changes the proof. */
	proof(url, { dpop, ...more } = {}) {
		if (dpop === null || (dpop === undefined && this.application.binding !== 'dpop'))
			return {};
		return { DPoP: typeof dpop === 'string' ? dpop
			: proofBy(dpop?.key ?? this.application.dpopKey, { url, ...more, ...dpop }) };
	}

	ask(url, params, options = {}) {
		return send({ url, ...this.connection(options), headers: { ...this.proof(url, options),
			...options.headers }, form: { ...this.credentials(options), ...params } });
	}

	/* The parameters of a good request, in which `params` replace and null ones are missing. */
	request(verifier, params = {}) {
		return { response_type: 'code', redirect_uri: REDIRECT_URI, scope: 'openid offline_access',
			state: `state-${randomBytes(6).toString('hex')}`, code_challenge: challengeOf(verifier),
			code_challenge_method: 'S256', ...params };
	}

	/* Pushes a request; most options are dpop: a proof is not sent here unless asked for. */
	push(params, options = {}) {
		const verifier = options.verifier ?? newVerifier();
		return this.ask(this.tenant.par, this.request(verifier, params), { dpop: null, ...options });
	}

	authorizeUrl(requestUri, params = {}) {
		return authorizeUrl(this.tenant, { response_type: null, client_id: this.id,
			request_uri: requestUri, ...params });
	}

	/* Pushes, and has a person sign in: what the agent saw, and {requestUri, verifier}. */
	async arrive(params, options = {}) {
		const verifier = newVerifier();
		const reply = await this.push(params, { ...options, verifier });
		assert.equal(reply.status, 201, `${reply.status} ${reply.text}`);
		const requestUri = reply.json.request_uri;
		const agent = options.agent ?? new Agent({ ca: this.licet.ca });
		const arrival = await agent.authorize(this.authorizeUrl(requestUri),
			{ user: users.alice, approve: options.approve });
		return { ...arrival, agent, requestUri, verifier, expiresIn: reply.json.expires_in };
	}

	async obtainCode(params, options) {
		const arrival = await this.arrive(params, options);
		const code = arrival.params?.get('code');
		assert.ok(code, `no code: ${arrival.params ?? textOf(arrival.page.text)}`);
		return { ...arrival, code, redirectUri: REDIRECT_URI };
	}

	exchange(grant, params = {}, options = {}) {
		return this.ask(this.tenant.token, { ...exchangeParams(grant), ...params }, options);
	}

	refresh(token, params = {}, options = {}) {
		return this.ask(this.tenant.token,
			{ grant_type: 'refresh_token', refresh_token: token, ...params }, options);
	}

	async obtainTokens(params, options) {
		const reply = await this.exchange(await this.obtainCode(params, options));
		assert.equal(reply.status, 200, reply.text);
		return reply.json;
	}

	userinfo(token, { scheme, ...options } = {}) {
		const url = this.tenant.userinfo;
		scheme ??= this.application.binding === 'dpop' ? 'DPoP' : 'Bearer';
		return send({ url, ...this.connection(options), headers: { Authorization: `${scheme} ${token}`,
			...this.proof(url, { method: 'GET', token, ...options }) } });
	}
}

/* fetch, as the clients of npm call it, with a certificate: what they do is ours to see. */
export function fetchWith({ ca, cert, key }) {
	return async (url, { method, headers, body } = {}) => {
		const reply = await send({ url: String(url), method, ca, cert, key,
			headers: Object.fromEntries(new Headers(headers)),
			body: body === undefined || body === null ? undefined : String(body) });
		const lines = [];
		for (let i = 0; i < reply.rawHeaders.length; i += 2)
			lines.push([reply.rawHeaders[i], reply.rawHeaders[i + 1]]);
		return new Response(reply.bytes, { status: reply.status, headers: lines });
	};
}
