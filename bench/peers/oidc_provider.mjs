/* SPDX-License-Identifier: Apache-2.0 */
/* node-oidc-provider as its users run it, but for the store: maps in memory, nothing durable. */
import { generateKeyPairSync } from 'node:crypto';
import Provider from 'oidc-provider';

const [port, secret, redirectUri] = process.argv.slice(2);
const issuer = `http://localhost:${port}`;

/* Its own memory adapter forgets all but the last thousand entries. */
const models = new Map();

class Adapter {
	constructor(name) {
		if (!models.has(name))
			models.set(name, { byId: new Map(), byUid: new Map() });
		Object.assign(this, models.get(name));
	}

	async upsert(id, payload) {
		this.byId.set(id, payload);
		if (payload.uid)
			this.byUid.set(payload.uid, id);
	}

	async find(id) {
		return this.byId.get(id);
	}

	async findByUid(uid) {
		return this.byId.get(this.byUid.get(uid));
	}

	async findByUserCode() {
		return undefined;
	}

	async consume(id) {
		this.byId.get(id).consumed = Math.floor(Date.now() / 1000);
	}

	async destroy(id) {
		this.byId.delete(id);
	}

	async revokeByGrantId() {}
}

function privateJwk(type, options, alg) {
	const { privateKey } = generateKeyPairSync(type, options);
	return { ...privateKey.export({ format: 'jwk' }), alg, use: 'sig', kid: alg };
}

function client(id, algorithm) {
	return { client_id: id, client_secret: secret, redirect_uris: [redirectUri],
		grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'],
		token_endpoint_auth_method: 'client_secret_basic', scope: 'openid offline_access',
		id_token_signed_response_alg: algorithm };
}

const provider = new Provider(issuer, {
	adapter: Adapter,
	clients: [client('bench', 'ES256'), client('rs256', 'RS256')],
	jwks: { keys: [privateJwk('rsa', { modulusLength: 2048 }, 'RS256'),
		privateJwk('ec', { namedCurve: 'P-256' }, 'ES256')] },
	cookies: { keys: ['bench'] },
	features: { devInteractions: { enabled: false }, introspection: { enabled: true } },
	enabledJWA: { idTokenSigningAlgValues: ['RS256', 'ES256'] },
	findAccount: async (ctx, sub) => ({ accountId: sub, claims: async () => ({ sub }) }),
	interactions: { url: (ctx, { uid }) => `/interaction/${uid}` },
	issueRefreshToken: async () => true,
	rotateRefreshToken: true,
	async loadExistingGrant(ctx) {
		const { client: { clientId }, session, provider: { Grant } } = ctx.oidc;
		const there = session.grantIdFor(clientId);
		if (there)
			return Grant.find(there);
		const grant = new Grant({ clientId, accountId: session.accountId });
		grant.addOIDCScope('openid offline_access');
		await grant.save();
		return grant;
	},
	ttl: { AuthorizationCode: 600, AccessToken: 3600, RefreshToken: 86400, Grant: 86400,
		Session: 86400, Interaction: 600, IdToken: 3600 },
});

/* Whoever comes is signed in. */
provider.use(async (ctx, next) => {
	if (!ctx.path.startsWith('/interaction/'))
		return next();
	ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, { login: { accountId: 'alice' } }));
	ctx.status = 303;
});

provider.listen(Number(port), '127.0.0.1');
