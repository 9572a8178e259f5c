/* web.member.import: the accounts of members who come from another site. */
#ifndef DJEMBE_WEB_MEMBER_IMPORT_H
#define DJEMBE_WEB_MEMBER_IMPORT_H

void member_import_serve(void);

#endif
