/*
 * Apache's C client against an ensemble: see program.ts for what is printed and read.
 *
 * usage: checks CONNECT_STRING
 *
 * Compiled against libzookeeper-mt-dev: watches arrive on the library's own thread, which only sets flags.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zookeeper/zookeeper.h>

#define PATIENCE_SECONDS 15
#define SESSION_MS 10000

static const char *hosts;
static char reason[512];

/* A check returns 0, or says why not and returns −1. */
static int no(const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(reason, sizeof reason, format, args);
  va_end(args);
  return -1;
}
#define EXPECT(condition) \
  do { if (!(condition)) return no("line %d: not %s", __LINE__, #condition); } while (0)
#define RETURNS(code, call) \
  do { \
    int returned = (call); \
    if (returned != (code)) return no("line %d: %s for %s", __LINE__, zerror(returned), #call); \
  } while (0)

/* What the library's thread has seen, for the main thread to wait on. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t news = PTHREAD_COND_INITIALIZER;

typedef struct {
  int events; /* of the watch, session events left out */
  int type;
  char path[256];
} Watch;

typedef struct {
  zhandle_t *handle;
  int state;
  int breaks; /* how often the connection was lost */
} Client;

static void on_watch(zhandle_t *handle, int type, int state, const char *path, void *context) {
  Watch *watch = context;
  (void)handle;
  (void)state;
  if (type == ZOO_SESSION_EVENT) return;
  pthread_mutex_lock(&mutex);
  watch->events += 1;
  watch->type = type;
  snprintf(watch->path, sizeof watch->path, "%s", path);
  pthread_cond_broadcast(&news);
  pthread_mutex_unlock(&mutex);
}

static void on_session(zhandle_t *handle, int type, int state, const char *path, void *context) {
  Client *client = context;
  (void)handle;
  (void)path;
  if (type != ZOO_SESSION_EVENT) return;
  pthread_mutex_lock(&mutex);
  if (state == ZOO_CONNECTING_STATE) client->breaks += 1;
  client->state = state;
  pthread_cond_broadcast(&news);
  pthread_mutex_unlock(&mutex);
}

/* Waits until *value is `wanted` (at least, for counts), and returns whether it came to that. */
static int comes_to(const int *value, int wanted, int at_least) {
  struct timespec deadline;
  int seen;
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += PATIENCE_SECONDS;
  pthread_mutex_lock(&mutex);
  for (;;) {
    seen = at_least ? *value >= wanted : *value == wanted;
    if (seen || pthread_cond_timedwait(&news, &mutex, &deadline) != 0) break;
  }
  pthread_mutex_unlock(&mutex);
  return seen;
}
#define HAPPENS(count, wanted) EXPECT(comes_to(&(count), (wanted), 1))
#define BECOMES(value, wanted) EXPECT(comes_to(&(value), (wanted), 0))

/* The clients of the check that runs, closed after it. */
#define CLIENTS_MAX 4
static Client clients[CLIENTS_MAX];
static int client_count;

static Client *connect_client(void) {
  Client *client = &clients[client_count++];
  memset(client, 0, sizeof *client);
  client->handle = zookeeper_init(hosts, on_session, SESSION_MS, NULL, client, 0);
  return client;
}
static int close_client(Client *client) {
  zhandle_t *handle = client->handle;
  client->handle = NULL;
  return handle == NULL ? ZOK : zookeeper_close(handle);
}

static int create(Client *client, const char *path, int mode, char *made, int made_size) {
  return zoo_create(client->handle, path, "0", 1, &ZOO_OPEN_ACL_UNSAFE, mode, made, made_size);
}

static int ask(const char *wish) {
  char answer[64] = "";
  printf("please %s\n", wish);
  if (fgets(answer, sizeof answer, stdin) == NULL) return 0;
  return strcmp(answer, "done\n") == 0;
}

static int sessions(void) {
  Client *first = connect_client(), *second = connect_client();
  struct Stat stat;
  Watch gone = {0};
  BECOMES(first->state, ZOO_CONNECTED_STATE);
  BECOMES(second->state, ZOO_CONNECTED_STATE);
  EXPECT(zoo_recv_timeout(first->handle) == SESSION_MS);
  RETURNS(ZOK, create(first, "/sessions", ZOO_EPHEMERAL, NULL, 0));
  RETURNS(ZOK, zoo_wexists(second->handle, "/sessions", on_watch, &gone, &stat));
  EXPECT(stat.ephemeralOwner == zoo_client_id(first->handle)->client_id);
  RETURNS(ZOK, close_client(first));
  HAPPENS(gone.events, 1);
  EXPECT(gone.type == ZOO_DELETED_EVENT && strcmp(gone.path, "/sessions") == 0);
  RETURNS(ZNONODE, zoo_exists(second->handle, "/sessions", 0, &stat));
  return 0;
}

static int nodes(void) {
  Client *client = connect_client();
  struct Stat stat;
  struct String_vector children;
  char data[16];
  int length = sizeof data;
  BECOMES(client->state, ZOO_CONNECTED_STATE);
  RETURNS(ZOK, create(client, "/nodes", ZOO_PERSISTENT, NULL, 0));
  RETURNS(ZOK, create(client, "/nodes/a", ZOO_PERSISTENT, NULL, 0));
  RETURNS(ZNODEEXISTS, create(client, "/nodes/a", ZOO_PERSISTENT, NULL, 0));
  RETURNS(ZOK, zoo_set2(client->handle, "/nodes/a", "two", 3, 0, &stat));
  EXPECT(stat.version == 1 && stat.dataLength == 3);
  RETURNS(ZBADVERSION, zoo_set(client->handle, "/nodes/a", "three", 5, 0));
  RETURNS(ZOK, zoo_get(client->handle, "/nodes/a", 0, data, &length, &stat));
  EXPECT(length == 3 && memcmp(data, "two", 3) == 0);
  RETURNS(ZNOTEMPTY, zoo_delete(client->handle, "/nodes", -1));
  RETURNS(ZOK, zoo_get_children2(client->handle, "/nodes", 0, &children, &stat));
  EXPECT(children.count == 1 && strcmp(children.data[0], "a") == 0 && stat.numChildren == 1);
  deallocate_String_vector(&children);
  RETURNS(ZOK, zoo_delete(client->handle, "/nodes/a", 1));
  RETURNS(ZNONODE, zoo_delete(client->handle, "/nodes/a", -1));
  RETURNS(ZOK, create(client, "/nodes/container", ZOO_CONTAINER, NULL, 0));
  RETURNS(ZOK, zoo_create_ttl(client->handle, "/nodes/ttl", "0", 1, &ZOO_OPEN_ACL_UNSAFE,
                              ZOO_PERSISTENT_WITH_TTL, 60000, NULL, 0));
  RETURNS(ZNOCHILDRENFOREPHEMERALS,
          (create(client, "/nodes/e", ZOO_EPHEMERAL, NULL, 0),
           create(client, "/nodes/e/child", ZOO_PERSISTENT, NULL, 0)));
  return 0;
}

static int sequential(void) {
  Client *client = connect_client();
  char made[64];
  BECOMES(client->state, ZOO_CONNECTED_STATE);
  RETURNS(ZOK, create(client, "/seq", ZOO_PERSISTENT, NULL, 0));
  RETURNS(ZOK, create(client, "/seq/n-", ZOO_PERSISTENT_SEQUENTIAL, made, sizeof made));
  EXPECT(strcmp(made, "/seq/n-0000000000") == 0);
  RETURNS(ZOK, create(client, "/seq/e-", ZOO_EPHEMERAL_SEQUENTIAL, made, sizeof made));
  EXPECT(strcmp(made, "/seq/e-0000000001") == 0);
  return 0;
}

static int watches(void) {
  Client *client = connect_client(), *other = connect_client();
  struct Stat stat;
  struct String_vector children;
  Watch data = {0}, child = {0}, later = {0};
  BECOMES(client->state, ZOO_CONNECTED_STATE);
  BECOMES(other->state, ZOO_CONNECTED_STATE);
  RETURNS(ZOK, create(client, "/watched", ZOO_PERSISTENT, NULL, 0));
  RETURNS(ZOK, zoo_wget(client->handle, "/watched", on_watch, &data, NULL, &(int){0}, &stat));
  RETURNS(ZOK, zoo_wget_children(client->handle, "/watched", on_watch, &child, &children));
  deallocate_String_vector(&children);
  RETURNS(ZNONODE, zoo_wexists(client->handle, "/later", on_watch, &later, &stat));
  RETURNS(ZOK, create(other, "/watched/a", ZOO_PERSISTENT, NULL, 0));
  RETURNS(ZOK, zoo_set(other->handle, "/watched", "1", 1, -1));
  RETURNS(ZOK, zoo_set(other->handle, "/watched", "2", 1, -1));
  RETURNS(ZOK, create(other, "/later", ZOO_PERSISTENT, NULL, 0));
  HAPPENS(later.events, 1);
  HAPPENS(data.events, 1);
  HAPPENS(child.events, 1);
  EXPECT(later.type == ZOO_CREATED_EVENT && strcmp(later.path, "/later") == 0);
  EXPECT(data.type == ZOO_CHANGED_EVENT && child.type == ZOO_CHILD_EVENT);
  EXPECT(data.events == 1); /* once, though the node changed twice */
  return 0;
}

static int multi(void) {
  Client *client = connect_client();
  struct Stat stat;
  char made[64];
  zoo_op_t good[4], bad[3];
  zoo_op_result_t results[4];
  BECOMES(client->state, ZOO_CONNECTED_STATE);
  RETURNS(ZOK, create(client, "/multi", ZOO_PERSISTENT, NULL, 0));
  zoo_create_op_init(&good[0], "/multi/a", "1", 1, &ZOO_OPEN_ACL_UNSAFE, 0, made, sizeof made);
  zoo_set_op_init(&good[1], "/multi", "1", 1, 0, &stat);
  zoo_check_op_init(&good[2], "/multi", 1);
  zoo_delete_op_init(&good[3], "/multi/a", -1);
  RETURNS(ZOK, zoo_multi(client->handle, 4, good, results));
  EXPECT(strcmp(made, "/multi/a") == 0 && stat.version == 1);
  zoo_create_op_init(&bad[0], "/multi/b", "1", 1, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
  zoo_check_op_init(&bad[1], "/multi", 7);
  zoo_create_op_init(&bad[2], "/multi/c", "1", 1, &ZOO_OPEN_ACL_UNSAFE, 0, NULL, 0);
  RETURNS(ZBADVERSION, zoo_multi(client->handle, 3, bad, results));
  EXPECT(results[0].err == ZOK && results[1].err == ZBADVERSION);
  EXPECT(results[2].err == ZRUNTIMEINCONSISTENCY);
  RETURNS(ZNONODE, zoo_exists(client->handle, "/multi/b", 0, &stat));
  return 0;
}

static int by_name(const void *left, const void *right) {
  return strcmp(*(char *const *)left, *(char *const *)right);
}

/* The contender before `mine` into `before`, or "" for the first, which holds the lock. */
static int predecessor(Client *client, const char *mine, char *before, size_t size) {
  struct String_vector names;
  int index;
  int code = zoo_get_children(client->handle, "/lock", 0, &names);
  if (code != ZOK) return code;
  qsort(names.data, names.count, sizeof *names.data, by_name);
  before[0] = '\0';
  for (index = 0; index < names.count; index += 1) {
    if (strcmp(names.data[index], mine + strlen("/lock/")) == 0) break;
    snprintf(before, size, "/lock/%s", names.data[index]);
  }
  deallocate_String_vector(&names);
  return ZOK;
}

static int locks(void) {
  Client *first = connect_client(), *second = connect_client();
  char held[64], wanted[64], before[64];
  struct Stat stat;
  Watch released = {0};
  BECOMES(first->state, ZOO_CONNECTED_STATE);
  BECOMES(second->state, ZOO_CONNECTED_STATE);
  RETURNS(ZOK, create(first, "/lock", ZOO_PERSISTENT, NULL, 0));
  RETURNS(ZOK, create(first, "/lock/n-", ZOO_EPHEMERAL_SEQUENTIAL, held, sizeof held));
  RETURNS(ZOK, create(second, "/lock/n-", ZOO_EPHEMERAL_SEQUENTIAL, wanted, sizeof wanted));
  RETURNS(ZOK, predecessor(first, held, before, sizeof before));
  EXPECT(before[0] == '\0');
  RETURNS(ZOK, predecessor(second, wanted, before, sizeof before));
  EXPECT(strcmp(before, held) == 0);
  RETURNS(ZOK, zoo_wexists(second->handle, before, on_watch, &released, &stat));
  EXPECT(released.events == 0);
  RETURNS(ZOK, zoo_delete(first->handle, held, -1));
  HAPPENS(released.events, 1);
  RETURNS(ZOK, predecessor(second, wanted, before, sizeof before));
  EXPECT(before[0] == '\0');
  return 0;
}

static int last_code;
static int answers;
static void on_answer(int code, const void *context) {
  (void)context;
  pthread_mutex_lock(&mutex);
  last_code = code;
  answers += 1;
  pthread_cond_broadcast(&news);
  pthread_mutex_unlock(&mutex);
}
static void on_text_answer(int code, const char *text, const void *context) {
  (void)text;
  on_answer(code, context);
}

static int acls(void) {
  Client *owner = connect_client(), *stranger = connect_client();
  struct Stat stat;
  answers = 0;
  BECOMES(owner->state, ZOO_CONNECTED_STATE);
  BECOMES(stranger->state, ZOO_CONNECTED_STATE);
  RETURNS(ZOK, zoo_add_auth(owner->handle, "digest", "user:secret", 11, on_answer, NULL));
  HAPPENS(answers, 1);
  EXPECT(last_code == ZOK);
  RETURNS(ZOK, zoo_create(owner->handle, "/private", "1", 1, &ZOO_CREATOR_ALL_ACL, 0, NULL, 0));
  RETURNS(ZOK, zoo_get(owner->handle, "/private", 0, NULL, &(int){0}, &stat));
  RETURNS(ZNOAUTH, zoo_get(stranger->handle, "/private", 0, NULL, &(int){0}, &stat));
  RETURNS(ZOK, zoo_add_auth(stranger->handle, "digest", "user:secret", 11, on_answer, NULL));
  HAPPENS(answers, 2);
  RETURNS(ZOK, zoo_get(stranger->handle, "/private", 0, NULL, &(int){0}, &stat));
  return 0;
}

static int syncs(void) {
  Client *client = connect_client();
  answers = 0;
  BECOMES(client->state, ZOO_CONNECTED_STATE);
  RETURNS(ZOK, zoo_async(client->handle, "/", on_text_answer, NULL));
  HAPPENS(answers, 1);
  EXPECT(last_code == ZOK);
  return 0;
}

static int expiry(void) {
  Client *client = connect_client(), *other = connect_client();
  char wish[64];
  struct Stat stat;
  Watch gone = {0};
  BECOMES(client->state, ZOO_CONNECTED_STATE);
  BECOMES(other->state, ZOO_CONNECTED_STATE);
  RETURNS(ZOK, create(client, "/expiring", ZOO_EPHEMERAL, NULL, 0));
  RETURNS(ZOK, zoo_wexists(other->handle, "/expiring", on_watch, &gone, &stat));
  snprintf(wish, sizeof wish, "expire 0x%llx",
           (unsigned long long)zoo_client_id(client->handle)->client_id);
  EXPECT(ask(wish));
  HAPPENS(gone.events, 1);
  BECOMES(client->state, ZOO_EXPIRED_SESSION_STATE);
  RETURNS(ZINVALIDSTATE, zoo_exists(client->handle, "/", 0, &stat));
  return 0;
}

static int failover(void) {
  Client *client = connect_client();
  struct Stat stat;
  char before[128];
  int64_t session;
  Watch changed = {0};
  BECOMES(client->state, ZOO_CONNECTED_STATE);
  session = zoo_client_id(client->handle)->client_id;
  snprintf(before, sizeof before, "%s", zoo_get_current_server(client->handle));
  RETURNS(ZOK, create(client, "/kept", ZOO_EPHEMERAL, NULL, 0));
  RETURNS(ZOK, create(client, "/counted", ZOO_PERSISTENT, NULL, 0));
  RETURNS(ZOK, zoo_wexists(client->handle, "/counted", on_watch, &changed, &stat));
  EXPECT(ask("kill-leader"));
  HAPPENS(client->breaks, 1);
  BECOMES(client->state, ZOO_CONNECTED_STATE);
  EXPECT(zoo_client_id(client->handle)->client_id == session);
  EXPECT(strcmp(zoo_get_current_server(client->handle), before) != 0);
  RETURNS(ZOK, zoo_exists(client->handle, "/kept", 0, &stat));
  EXPECT(stat.ephemeralOwner == session);
  RETURNS(ZOK, zoo_set(client->handle, "/counted", "1", 1, 0));
  HAPPENS(changed.events, 1); /* set again by the client at the other peer */
  EXPECT(changed.type == ZOO_CHANGED_EVENT);
  return 0;
}

static const struct {
  const char *name;
  int (*run)(void);
} checks[] = {
    {"sessions", sessions}, {"nodes", nodes}, {"sequential", sequential}, {"watches", watches},
    {"multi", multi},       {"locks", locks}, {"acls", acls},             {"syncs", syncs},
    {"expiry", expiry},     {"failover", failover},
};

int main(int count, char **arguments) {
  size_t index;
  if (count != 2) return 2;
  hosts = arguments[1];
  setvbuf(stdout, NULL, _IOLBF, 0);
  zoo_set_debug_level(ZOO_LOG_LEVEL_ERROR);
  zoo_deterministic_conn_order(1);
  for (index = 0; index < sizeof checks / sizeof checks[0]; index += 1) {
    client_count = 0;
    if (checks[index].run() == 0) printf("ok %s\n", checks[index].name);
    else printf("failed %s: %s\n", checks[index].name, reason);
    while (client_count > 0) close_client(&clients[--client_count]);
  }
  return 0;
}
