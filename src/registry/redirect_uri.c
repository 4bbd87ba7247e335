/* SPDX-License-Identifier: Apache-2.0 */
/* Refuses redirect URIs that would hand a code to somebody else. */
#include "registry/redirect_uri.h"

#include "http/form.h"
#include "http/uri.h"

/* Schemes that run code or open what is on the device, in whatever case. */
static const struct text dangerous[] = {
	TEXT("javascript"), TEXT("data"),    TEXT("vbscript"),
	TEXT("file"),	    TEXT("blob"),    TEXT("filesystem"),
	TEXT("intent"),	    TEXT("about"),   TEXT("view-source"),
	TEXT("jar"),	    TEXT("content"), TEXT("ws"),
	TEXT("wss"),	    TEXT("ftp"),     TEXT("mailto"),
	TEXT("tel"),
};

/* Parameters of our answers. */
static const struct text reserved[] = {
	TEXT("code"),
	TEXT("state"),
	TEXT("iss"),
	TEXT("error"),
	TEXT("error_description"),
	TEXT("error_uri"),
	TEXT("id_token"),
	TEXT("access_token"),
	TEXT("token_type"),
	TEXT("expires_in"),
	TEXT("response"),
	TEXT("session_state"),
};

static bool is_any_of(struct text word, const struct text *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(word, words[i]))
			return true;
	return false;
}

static bool is_reserved(struct text encoded)
{
	CLEANUP(buf_wipe) struct buf name = buf_init(REDIRECT_URI_MAX);

	return !form_decode(encoded, &name) ||
	       is_any_of(buf_text(&name), reserved, COUNT_OF(reserved));
}

static bool has_reserved_parameter(struct text query)
{
	struct text piece;

	while (text_cut(&query, '&', &piece))
		if (is_reserved(text_first(piece, text_find_byte(piece, '='))))
			return true;
	return false;
}

/* "." or ".." between slashes, also spelled with escapes: browsers would walk
 * to another path than the one compared. */
static bool has_dot_segment(struct text path)
{
	struct text segment;

	while (text_cut(&path, '/', &segment))
		if (text_equal(segment, TEXT(".")) ||
		    text_equal(segment, TEXT("..")) ||
		    text_equal_nocase(segment, TEXT("%2e")) ||
		    text_equal_nocase(segment, TEXT("%2e%2e")) ||
		    text_equal_nocase(segment, TEXT(".%2e")) ||
		    text_equal_nocase(segment, TEXT("%2e.")))
			return true;
	return false;
}

static outcome check_host(const struct uri *uri, const char **why_out)
{
	*why_out = "it names no host";
	if (uri->host.size == 0)
		return REFUSED;
	*why_out = "user information (user@) has no place in it";
	if (text_is_present(uri->userinfo))
		return REFUSED;
	*why_out = "http is for loopback (127.0.0.1, [::1], localhost) alone: "
		   "use https";
	if (text_equal(uri->scheme, TEXT("http")) &&
	    !uri_host_is_loopback(uri->host))
		return REFUSED;
	*why_out = NULL;
	return DONE;
}

static outcome check_private_use(const struct uri *uri, bool is_native,
				 const char **why_out)
{
	*why_out = "this scheme runs code or opens local things: it can never "
		   "receive a code";
	if (is_any_of(uri->scheme, dangerous, COUNT_OF(dangerous)))
		return REFUSED;
	*why_out = "only https, or http on loopback; a scheme of its own only "
		   "with \"application_type\": \"native\"";
	if (!is_native)
		return REFUSED;
	*why_out = "a scheme of its own must be a reversed domain name, such "
		   "as com.example.app (RFC 8252 section 7.1)";
	if (text_find_byte(uri->scheme, '.') == uri->scheme.size)
		return REFUSED;
	*why_out = NULL;
	return DONE;
}

static outcome check_form(struct text text, struct uri *uri,
			  const char **why_out)
{
	*why_out = "it is longer than 2048 bytes";
	if (text.size > REDIRECT_URI_MAX)
		return REFUSED;
	*why_out = "'*' is no pattern here: register each URI";
	if (text_find_byte(text, '*') < text.size)
		return REFUSED;
	TRY(uri_parse(text, uri, why_out));
	*why_out = "a fragment (#) has no place in it (RFC 6749 section "
		   "3.1.2)";
	if (text_is_present(uri->fragment))
		return REFUSED;
	*why_out = NULL;
	return DONE;
}

static bool is_web(const struct uri *uri)
{
	return text_equal(uri->scheme, TEXT("https")) ||
	       text_equal(uri->scheme, TEXT("http"));
}

outcome redirect_uri_check(struct text text, bool is_native,
			   bool *is_private_use_out, const char **why_out)
{
	struct uri uri;

	TRY(check_form(text, &uri, why_out));
	*is_private_use_out = !is_web(&uri);
	if (is_web(&uri))
		TRY(check_host(&uri, why_out));
	else
		TRY(check_private_use(&uri, is_native, why_out));
	*why_out = "dot segments (/../) have no place in it";
	if (has_dot_segment(uri.path))
		return REFUSED;
	*why_out = "its query holds the name of a parameter that the answer "
		   "adds (code, state, iss, error, …)";
	if (has_reserved_parameter(uri.query))
		return REFUSED;
	*why_out = NULL;
	return DONE;
}

outcome redirect_uri_check_web(struct text text, const char **why_out)
{
	struct uri uri;

	*why_out = "it is longer than 2048 bytes";
	if (text.size > REDIRECT_URI_MAX)
		return REFUSED;
	TRY(uri_parse(text, &uri, why_out));
	*why_out = "it must begin with https:// or http://";
	if (!is_web(&uri))
		return REFUSED;
	*why_out = "it names no host";
	if (uri.host.size == 0)
		return REFUSED;
	*why_out = "user information (user@) has no place in it";
	if (text_is_present(uri.userinfo))
		return REFUSED;
	*why_out = NULL;
	return DONE;
}
