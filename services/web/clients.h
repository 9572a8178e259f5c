/* Which BitTorrent clients may take part: the operator's rules, and the feed web.clients that tells trackers of them.
 */
#ifndef DJEMBE_WEB_CLIENTS_H
#define DJEMBE_WEB_CLIENTS_H

void clients_start(void);

#endif
