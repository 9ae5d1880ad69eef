#include <dirent.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "net/reason.h"
#include "net/tls_private.h"

static int unreadable(const char *what, const char *path, int errnum, struct err *e)
{
    char reason[REASON_SIZE];

    return err_set(e, EXIT_USAGE, STAGE_USAGE, errnum, "can't read %s \"%.300s\": %s", what, path,
                   reason_text(errnum, reason));
}

int tls_file_check(const char *what, const char *path, struct err *e)
{
    struct stat st;

    /* Not by opening it: the first to open a pipe takes what is in it. */
    if (access(path, R_OK) != 0 || stat(path, &st) != 0)
        return unreadable(what, path, errno, e);
    return S_ISDIR(st.st_mode) ? unreadable(what, path, EISDIR, e) : 0;
}

static int trust_file(X509_STORE *store, const char *what, const char *path, struct err *e)
{
    if (tls_file_check(what, path, e) != 0)
        return -1;
    if (X509_STORE_load_file(store, path) == 1)
        return 0;
    err_set(e, EXIT_USAGE, STAGE_USAGE, 0, "%s \"%.300s\" contains no usable certificate: %s", what,
            path, tls_reason(ERR_peek_last_error()));
    err_hint(e, "a PEM file is required, with -----BEGIN CERTIFICATE----- lines");
    return -1;
}

static int trust_dirs(X509_STORE *store, const char *path, struct err *e)
{
    X509_LOOKUP *lookup = X509_STORE_add_lookup(store, X509_LOOKUP_hash_dir());

    if (lookup && X509_LOOKUP_add_dir(lookup, path, X509_FILETYPE_PEM) == 1)
        return 0;
    return err_nomem(e, STAGE_TLS, "loading trusted certificates");
}

static int trust_capath(X509_STORE *store, const char *path, struct err *e)
{
    DIR *dir = opendir(path);

    if (!dir)
        return unreadable("--capath", path, errno, e);
    closedir(dir);
    return trust_dirs(store, path, e);
}

/* "8c24b137.0": a name made by "openssl rehash". */
static bool is_hashed_name(const char *name)
{
    return strspn(name, "0123456789abcdef") == 8 && name[8] == '.' && name[9] >= '0' &&
           name[9] <= '9';
}

static bool has_hashed_files(const char *path)
{
    DIR *dir = opendir(path);
    const struct dirent *entry;
    bool found = false;

    if (!dir)
        return false;
    while (!found && (entry = readdir(dir)) != NULL)
        found = is_hashed_name(entry->d_name);
    closedir(dir);
    return found;
}

/* The hashed directory costs nothing until a certificate is looked up; parsing the bundle takes
 * tens of milliseconds at every start. If neither exists, this is not an error: the verification
 * that then fails reports what is missing. */
static int trust_system(X509_STORE *store, struct err *e)
{
    const char *dir = X509_get_default_cert_dir(), *file = X509_get_default_cert_file();

    if (has_hashed_files(dir))
        return trust_dirs(store, dir, e);
    if (access(file, R_OK) == 0)
        (void)X509_STORE_load_file(store, file);
    return 0;
}

static const char *environment(const char *name)
{
    const char *value = getenv(name);

    return value && value[0] != '\0' ? value : NULL;
}

/* What is trusted. NULL with *e. */
static X509_STORE *load(const struct tls_config *config, struct err *e)
{
    const char *file = environment(X509_get_default_cert_file_env());
    const char *dir = environment(X509_get_default_cert_dir_env());
    X509_STORE *store = X509_STORE_new();
    int rc = 0;

    if (!store) {
        err_nomem(e, STAGE_TLS, "loading trusted certificates");
        return NULL;
    }
    if (config->cacert || config->capath) {
        if (config->cacert)
            rc = trust_file(store, "--cacert", config->cacert, e);
        if (rc == 0 && config->capath)
            rc = trust_capath(store, config->capath, e);
    } else if (file || dir) {
        if (file)
            rc = trust_file(store, "SSL_CERT_FILE", file, e);
        if (rc == 0 && dir)
            rc = trust_dirs(store, dir, e);
    } else {
        rc = trust_system(store, e);
    }
    if (rc == 0)
        return store;
    X509_STORE_free(store);
    return NULL;
}

struct tls_trust {
    struct tls_trust *next;
    char *cacert, *capath; /* NULL: not given */
    X509_STORE *store;
};

void tls_trust_free(struct tls_trust *trust)
{
    while (trust) {
        struct tls_trust *next = trust->next;

        free(trust->cacert);
        free(trust->capath);
        X509_STORE_free(trust->store);
        free(trust);
        trust = next;
    }
}

static bool is_same(const char *a, const char *b)
{
    return a && b ? strcmp(a, b) == 0 : a == b;
}

static X509_STORE *find(const struct tls_trust *trust, const struct tls_config *config)
{
    while (trust &&
           !(is_same(trust->cacert, config->cacert) && is_same(trust->capath, config->capath)))
        trust = trust->next;
    return trust ? trust->store : NULL;
}

/* Keep a store with its own reference; if memory is short, the next context loads it again. */
static void keep(struct tls_trust **trust, const struct tls_config *config, X509_STORE *store)
{
    struct tls_trust *t = calloc(1, sizeof *t);

    if (!t)
        return;
    t->cacert = config->cacert ? strdup(config->cacert) : NULL;
    t->capath = config->capath ? strdup(config->capath) : NULL;
    if ((config->cacert && !t->cacert) || (config->capath && !t->capath)) {
        tls_trust_free(t);
        return;
    }
    X509_STORE_up_ref(store);
    t->store = store;
    t->next = *trust;
    *trust = t;
}

int tls_trust_load(SSL_CTX *ssl, const struct tls_config *config, struct tls_trust **trust,
                   struct err *e)
{
    X509_STORE *store = trust ? find(*trust, config) : NULL;

    ERR_clear_error();
    if (store) {
        X509_STORE_up_ref(store);
    } else {
        store = load(config, e);
        if (store && trust)
            keep(trust, config, store);
    }
    ERR_clear_error();
    if (!store)
        return -1;
    SSL_CTX_set_cert_store(ssl, store);
    /* Who names a certificate trusts that one, though it be no root. */
    if (config->cacert || config->capath)
        X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ssl), X509_V_FLAG_PARTIAL_CHAIN);
    return 0;
}
