/* Makes sockets and says who may speak. Knows nothing of what is said. */
#include "services/common/bus_socket.h"
#include "services/common/bus_envelope.h"
#include "services/common/log.h"

#include <assert.h>
#include <limits.h>

static zactor_t *guard; /* answers ZeroMQ's questions about peers, on its own thread; one for the process */
static unsigned guard_users;

bool bus_guard_start(const char *keys, struct fault *why)
{
    if (guard_users++ > 0)
        return true;
    guard = zactor_new(zauth, NULL);
    if (guard != NULL && zstr_sendx(guard, "CURVE", keys, NULL) == 0 && zsock_wait(guard) == 0)
        return true;
    bus_guard_stop();
    return fault_set(why, STATUS_internal, NULL, "the check of bus peers cannot start");
}

void bus_guard_stop(void)
{
    assert(guard_users > 0);
    if (--guard_users == 0)
        zactor_destroy(&guard);
}

zcert_t *bus_cert_own(const char *keys, const char *service, struct fault *why)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s.key_secret", keys, service) >= 250) {
        fault_set(why, STATUS_invalid, "DJEMBE_KEYS", "the path of the keys folder is too long");
        return NULL;
    }
    if (access(path, R_OK) != 0) {
        fault_set(why, STATUS_invalid, "DJEMBE_KEYS", "cannot read %s (%s): make it with `djembe-admin keys %s`", path,
                  strerror(errno), keys);
        return NULL;
    }
    snprintf(path, sizeof path, "%s/%s.key", keys, service);
    zcert_t *cert = zcert_load(path);
    if (cert == NULL)
        fault_set(why, STATUS_invalid, "DJEMBE_KEYS", "%s_secret is not a certificate", path);
    return cert;
}

/* Queues hold messages, not bytes: long enough for a burst, short enough that a stuck peer costs little. */
static zsock_t *socket_new(int type, const zcert_t *cert)
{
    zsock_t *socket = zsock_new(type);
    if (socket == NULL)
        fatal("no more ZeroMQ sockets: %s", zmq_strerror(zmq_errno()));
    zsock_set_linger(socket, 0);
    zsock_set_ipv6(socket, 1);
    zsock_set_sndhwm(socket, 4096);
    zsock_set_rcvhwm(socket, 4096);
    zsock_set_maxmsgsize(socket, (int)ENVELOPE_BODY_MAX);
    zsock_set_heartbeat_ivl(socket, 1000);
    zsock_set_heartbeat_timeout(socket, 3000);
    zsock_set_heartbeat_ttl(socket, 4000);
    zsock_set_handshake_ivl(socket, 5000);
    zcert_apply((zcert_t *)cert, socket);
    return socket;
}

zsock_t *bus_socket_bind(int type, const zcert_t *cert, const char *listen, struct fault *why)
{
    zsock_t *socket = socket_new(type, cert);
    zsock_set_zap_domain(socket, "djembe");
    zsock_set_curve_server(socket, 1);
    zsock_set_linger(socket, 1000); /* the last replies before an end still go out */
    if (zsock_bind(socket, "%s", listen) >= 0)
        return socket;
    fault_set(why, STATUS_unavailable, "DJEMBE_BUS_LISTEN", "cannot listen on %s: %s", listen,
              zmq_strerror(zmq_errno()));
    zsock_destroy(&socket);
    return NULL;
}

/* Not by zcert_load: it would take the secret half beside it, which may be an older one or not for us to read. */
static zconfig_t *public_key_load(const char *keys, const char *service, const char **key, struct fault *why)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s.key", keys, service);
    zconfig_t *file = zconfig_load(path);
    *key = file != NULL ? zconfig_get(file, "curve/public-key", "") : "";
    if (strlen(*key) == 40)
        return file;
    zconfig_destroy(&file);
    fault_set(why, STATUS_unavailable, "DJEMBE_KEYS", "there is no public key in %s", path);
    return NULL;
}

zsock_t *bus_socket_client(int type, const zcert_t *cert, const char *keys, const char *service, struct fault *why)
{
    const char *key;
    zconfig_t *file = public_key_load(keys, service, &key, why);
    if (file == NULL)
        return NULL;
    zsock_t *socket = socket_new(type, cert);
    zsock_set_curve_serverkey(socket, key);
    zsock_set_immediate(socket, 1);
    zsock_set_reconnect_ivl(socket, 100);
    zsock_set_reconnect_ivl_max(socket, 2000);
    zsock_set_connect_timeout(socket, 3000);
    zconfig_destroy(&file);
    return socket;
}

size_t bus_receive(zsock_t *socket, zmq_msg_t *frames, size_t most)
{
    void *handle = zsock_resolve(socket);
    size_t count = 0;
    for (bool more = true; more; count++) {
        zmq_msg_t surplus, *frame = count < most ? &frames[count] : &surplus;
        zmq_msg_init(frame);
        if (zmq_msg_recv(frame, handle, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(frame); /* only the first frame of a message can be missing */
            return count;
        }
        more = zmq_msg_more(frame);
        if (count >= most)
            zmq_msg_close(frame);
    }
    return count;
}
