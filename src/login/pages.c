/* SPDX-License-Identifier: Apache-2.0 */
/* The list of pages that the engine draws with. */
#include "login/login.h"
#include "login/page.h"

const struct oauth_pages login_pages = {
	.sign_in = page_sign_in,
	.consent = page_consent,
	.error = page_error,
	.confirm_logout = page_logout_confirm,
	.signed_out = page_logout_done,
	.form_post = page_response_form_post,
	.web_message = page_response_web_message,
};
