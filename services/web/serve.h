/* What the other daemons and the operator may ask of web. */
#ifndef DJEMBE_WEB_SERVE_H
#define DJEMBE_WEB_SERVE_H

void serve_start(void);

#endif
