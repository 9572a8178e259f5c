/* What makes a member's own download of a stored .torrent. Pure. */
#ifndef DJEMBE_WEB_DOWNLOAD_H
#define DJEMBE_WEB_DOWNLOAD_H

#include "services/common/bencode.h"

/* Appends the metainfo with `announce` written in (an announce that was there is replaced, an announce-list dropped).
 * False when the metainfo is not a dictionary. The info dictionary is copied byte by byte. */
bool download_personal(struct slice metainfo, struct slice announce, struct buffer *into);

/* The value of Content-Disposition: `attachment; filename="plain"; filename*=UTF-8''escaped` (RFC 6266). */
void download_disposition(struct slice file_name, struct buffer *into);

#endif
