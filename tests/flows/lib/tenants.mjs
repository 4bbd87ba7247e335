/* SPDX-License-Identifier: Apache-2.0 */
/* What `licet demo` holds: its three tenants with their paths, clients and users. */

const REDIRECT_URI = 'http://localhost:3000/callback';

export const AFTER_SIGN_OUT = 'http://localhost:3000';

export const users = {
	alice: { username: 'alice', password: 'alice-password' },
	bob: { username: 'bob', password: 'bob-password' },
};

export const clients = {
	web: {
		id: 'demo-web',
		secret: 'demo-web-secret-0123456789abcdef',
		auth: 'post',
		redirectUri: REDIRECT_URI,
	},
	webBasic: {
		id: 'demo-web',
		secret: 'demo-web-secret-0123456789abcdef',
		auth: 'basic',
		redirectUri: REDIRECT_URI,
	},
	spa: { id: 'demo-spa', auth: 'none', redirectUri: REDIRECT_URI },
	native: {
		id: 'demo-native',
		auth: 'none',
		redirectUri: 'http://127.0.0.1:49152/callback',
	},
};

const layouts = {
	auth0: {
		name: 'root',
		prefix: '',
		issuer: '/',
		authorize: '/authorize',
		token: '/oauth/token',
		par: '/oauth/par',
		revoke: '/oauth/revoke',
		introspect: '/oauth/introspect',
		userinfo: '/userinfo',
		jwks: '/.well-known/jwks.json',
		logout: '/oidc/logout',
		metadata: '/.well-known/openid-configuration',
		metadataOfRfc8414: '/.well-known/oauth-authorization-server',
		codeLivesFor: 120,
	},
	asgardeo: {
		name: 'bifrost',
		prefix: '/t/bifrost',
		issuer: '/oauth2/token',
		authorize: '/oauth2/authorize',
		token: '/oauth2/token',
		par: '/oauth2/par',
		revoke: '/oauth2/revoke',
		introspect: '/oauth2/introspect',
		userinfo: '/oauth2/userinfo',
		jwks: '/oauth2/jwks',
		logout: '/oidc/logout',
		metadata: '/oauth2/token/.well-known/openid-configuration',
		metadataOfRfc8414: null,
		codeLivesFor: 300,
	},
	rfc: {
		name: 'plain',
		prefix: '/t/plain',
		issuer: '',
		authorize: '/authorize',
		token: '/token',
		par: '/par',
		revoke: '/revoke',
		introspect: '/introspect',
		userinfo: '/userinfo',
		jwks: '/jwks',
		logout: '/logout',
		metadata: '/.well-known/openid-configuration',
		metadataOfRfc8414: '/.well-known/oauth-authorization-server',
		codeLivesFor: 60,
	},
};

export const profiles = Object.keys(layouts);

/* The tenant of the demo that has `profile`, its paths as whole URLs below `origin`. */
export function tenantOf(profile, origin) {
	const { name, prefix, codeLivesFor, ...paths } = layouts[profile];
	const tenant = { name, profile, origin, codeLivesFor, base: origin + prefix };
	for (const [endpoint, path] of Object.entries(paths))
		tenant[endpoint] = path === null ? null : origin + prefix + path;
	if (profile === 'asgardeo')
		tenant.metadataOfRfc8414 =
			`${origin}/.well-known/oauth-authorization-server${prefix}/oauth2/token`;
	return tenant;
}

export function tenantsOf(origin) {
	return profiles.map((profile) => tenantOf(profile, origin));
}
