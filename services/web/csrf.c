/* A CSRF token is an HMAC keyed with the HttpOnly cookie that the browser sends beside it: another site can make the
 * browser send the cookie, but cannot read it to compute the token. It dies with the session. */
#include "services/web/csrf.h"

void csrf_make(struct slice cookie, char into[PROOF_TEXT_MAX])
{
    secret_prove(cookie, "csrf", slice_text("form"), into);
}

bool csrf_check(struct slice cookie, struct slice token)
{
    return cookie.size > 0 && secret_proves(cookie, "csrf", slice_text("form"), token);
}
